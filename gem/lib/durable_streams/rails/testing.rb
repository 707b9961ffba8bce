# frozen_string_literal: true

require "durable_streams/rails/testing/recorder"
require "durable_streams/rails/testing/transport"
require "durable_streams/rails/testing/job_tracking"
require "durable_streams/rails/testing/outbox_worker"

module DurableStreams
  module Rails
    # Records what tests broadcast, at the transport, so that they need no server.
    #
    # Each test has a Recorder. It rides in Fiber storage, which threads and fibers inherit from
    # whoever starts them, and each job carries the id of its recorder: so broadcasts of threads and
    # of the :async adapter's jobs reach the test that caused them, in parallel tests too. A thread
    # that was started elsewhere falls to the one test that is running, if it is the only one.
    #
    # System tests are not recorded: their browser reads from the real server.
    module Testing
      STORAGE_KEY = :durable_streams_recorder
      # In place of a recorder's id: requests go to the server, or nowhere.
      LIVE = :live
      NOWHERE = :nowhere

      @lock = Mutex.new
      @recorders = {}
      @live = 0
      @system_tests = 0

      class << self
        # Puts the recording transport before the real one, once.
        def install
          @lock.synchronize do
            next if @installed
            @installed = true
            Runtime.transport = Transport.new(HttpTransport.new(Runtime.settings))
            Runtime.outbox_worker = OutboxWorker
            # For turbo-rails' own assertions, which look at Action Cable.
            TurboStreams.action_cable_too = true
            ActiveSupport.on_load(:durable_streams_broadcast_job) { prepend JobTracking }
          end
        end

        # Begins recording for the current fiber and those that it starts.
        def start(live: false)
          if live
            @lock.synchronize { @live += 1 }
            Fiber[STORAGE_KEY] = LIVE
          else
            recorder = Recorder.new
            @lock.synchronize { @recorders[recorder.id] = recorder }
            Fiber[STORAGE_KEY] = recorder.id
          end
        end

        def stop
          id = Fiber[STORAGE_KEY]
          Fiber[STORAGE_KEY] = nil
          @lock.synchronize { id == LIVE ? @live -= 1 : @recorders.delete(id) } if id
        end

        # Between these a browser waits for what is broadcast: see JobTracking.
        def begin_system_test = @lock.synchronize { @system_tests += 1 }
        def end_system_test = @lock.synchronize { @system_tests -= 1 }
        def system_test? = @lock.synchronize { @system_tests.positive? }

        # The recorder's id that a job should carry.
        def current_id
          Fiber[STORAGE_KEY]
        end

        # The recorder that the current fiber writes to. nil: none, so requests are dropped.
        # LIVE: they go to the server.
        def current
          id = Fiber[STORAGE_KEY]
          return LIVE if id == LIVE
          return if id == NOWHERE

          @lock.synchronize do
            @recorders[id] || (@live.positive? ? LIVE : only_recorder)
          end
        end

        def find(id)
          @lock.synchronize { @recorders[id] }
        end

        # Runs the block as if the test that has this recorder had started it.
        def as(id)
          before = Fiber[STORAGE_KEY]
          Fiber[STORAGE_KEY] = id
          yield
        ensure
          Fiber[STORAGE_KEY] = before
        end

        private
          def only_recorder
            @recorders.values.first if @recorders.size == 1
          end
      end
    end
  end
end
