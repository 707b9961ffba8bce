# frozen_string_literal: true

module DurableStreams
  module Rails
    module Testing
      # Prepended to BroadcastJob in tests: a job tells its recorder when it is enqueued and when it
      # has ended, and writes to it from whatever thread performs it.
      module JobTracking
        KEY = "durable_streams_recorder"

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
          Testing.as(@recorder_id || Testing.current_id) { super }
        ensure
          Testing.find(@recorder_id)&.job_ended(job_id)
        end
      end
    end
  end
end
