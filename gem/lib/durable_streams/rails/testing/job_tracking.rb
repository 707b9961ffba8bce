# frozen_string_literal: true

module DurableStreams
  module Rails
    module Testing
      # Prepended to BroadcastJob in tests: a job tells its recorder when it is enqueued and when it
      # has ended, and writes to it from whatever thread performs it. In system tests, where Rails' test
      # adapter would only collect it, it is performed as soon as it is enqueued: a browser waits for it.
      module JobTracking
        KEY = "durable_streams_recorder"

        def enqueue(...)
          super.tap do
            Broadcasts.after_transactions { ::ActiveJob::Base.execute(serialize) } if awaited_by_browser?
          end
        end

        # Every queue adapter serializes a job when it takes it.
        def serialize
          @recorder_id ||= Testing.current_id
          super.merge(KEY => @recorder_id&.to_s).tap do |serialized|
            Testing.find(@recorder_id)&.job_enqueued(job_id, serialized)
          end
        end

        def deserialize(job_data)
          super
          @recorder_id = job_data[KEY] == LIVE.to_s ? LIVE : job_data[KEY]
        end

        def perform(...)
          Testing.as(recorder_or_nowhere) { super }
        ensure
          Testing.find(@recorder_id)&.job_ended(job_id)
        end

        private
          # One that is for later is not.
          def awaited_by_browser?
            Testing.system_test? && scheduled_at.nil? && self.class.queue_adapter.is_a?(::ActiveJob::QueueAdapters::TestAdapter)
          end

          # The job of a test that has ended must not write to the one that runs now.
          def recorder_or_nowhere
            return Testing.current_id if @recorder_id.nil?

            @recorder_id == LIVE || Testing.find(@recorder_id) ? @recorder_id : NOWHERE
          end
      end
    end
  end
end
