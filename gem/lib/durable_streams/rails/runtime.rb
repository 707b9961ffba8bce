# frozen_string_literal: true

module DurableStreams
  module Rails
    # The parts that do the work, each made when first needed and shared by all threads. Each can be
    # replaced: in tests a recorder takes the place of `transport`.
    module Runtime
      @lock = Monitor.new

      class << self
        attr_writer :transport, :server, :provisioner, :tokens, :record_version

        def settings = @settings || once(:@settings) { Settings.new }
        def transport = @transport || once(:@transport) { HttpTransport.new(settings) }
        def server = @server || once(:@server) { StreamServer.new }
        def provisioner = @provisioner || once(:@provisioner) { StreamProvisioner.new }
        def tokens = @tokens || once(:@tokens) { Tokens.new(settings) }
        def record_version = @record_version || once(:@record_version) { RecordVersion.new }

        # Forgets tokens and known streams.
        def reset
          @lock.synchronize { @server = @provisioner = @tokens = nil }
        end

        private
          def once(name)
            @lock.synchronize { instance_variable_get(name) || instance_variable_set(name, yield) }
          end
      end
    end
  end
end
