# frozen_string_literal: true

module DurableStreams
  module Rails
    # The parts that do the work, each made when first needed and shared by all threads. Each can be
    # replaced: in tests a recorder takes the place of `transport`.
    module Runtime
      @lock = Monitor.new

      class << self
        attr_writer :transport, :server, :provisioner, :producers, :tokens, :record_version, :breaker, :repeat_filter, :outbox_worker

        def settings = @settings || once(:@settings) { Settings.new }
        def transport = @transport || once(:@transport) { HttpTransport.new(settings) }
        def breaker = @breaker || once(:@breaker) { CircuitBreaker.new }
        def repeat_filter = @repeat_filter || once(:@repeat_filter) { RepeatFilter.new }
        def server = @server || once(:@server) { StreamServer.new }
        def provisioner = @provisioner || once(:@provisioner) { StreamProvisioner.new }
        def producers = @producers || once(:@producers) { ProducerPool.new }
        def tokens = @tokens || once(:@tokens) { Tokens.new(settings) }
        def record_version = @record_version || once(:@record_version) { RecordVersion.new }

        def outbox_worker = @outbox_worker || once(:@outbox_worker) { Outbox::Worker.new }

        # Forgets tokens, known streams, outages, and what was reported.
        def reset
          @lock.synchronize { @server = @provisioner = @tokens = @breaker = @repeat_filter = nil }
        end

        private
          def once(name)
            @lock.synchronize { instance_variable_get(name) || instance_variable_set(name, yield) }
          end
      end
    end
  end
end
