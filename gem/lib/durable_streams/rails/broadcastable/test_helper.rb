# frozen_string_literal: true

module DurableStreams
  module Rails
    module Broadcastable
      # Assertions on broadcasts, in every ActiveSupport::TestCase. A target is what a stream is
      # named by: a record, a name, or an array of them. Jobs that the test enqueued are waited for,
      # or performed if the queue adapter only collects them.
      #
      # What is recorded, and how: see Testing.
      module TestHelper
        extend ActiveSupport::Concern

        included { Testing.install }

        def before_setup
          Testing.start(live: streams_are_live?)
          super
        end

        def after_teardown
          super
        ensure
          Testing.stop
        end

        # Fails unless the block (or the test so far) broadcast to the target; `count` times if given.
        #
        #   assert_stream_broadcasts post, count: 1 do
        #     post.comments.create!(body: "Hello")
        #   end
        def assert_stream_broadcasts(target, count: nil, &block)
          events = capture_stream_broadcasts(target, &block)

          if count.nil?
            assert_not_empty events, "Expected at least one broadcast on #{described(target)}, but there were none#{elsewhere(target)}"
          else
            assert_equal count, events.size,
              "Expected #{count} #{"broadcast".pluralize(count)} on #{described(target)}, but there were #{events.size}#{elsewhere(target)}"
          end
        end

        # Fails if the block (or the test so far) broadcast to the target.
        def assert_no_stream_broadcasts(target, &block)
          events = capture_stream_broadcasts(target, &block)
          assert_empty events, "Expected no broadcasts on #{described(target)}, but there were #{events.size}"
        end

        # The events that the block (or the test so far) broadcast to the target, parsed.
        #
        #   events = capture_stream_broadcasts(post) { post.comments.create!(body: "Hello") }
        #   events.first["headers"]["operation"]  # => "insert"
        def capture_stream_broadcasts(target, &block)
          name = durable_stream_name(target)
          before = block ? recorded_events(name).size : 0
          block&.call
          recorded_events(name).drop(before)
        end

        private
          def streams_are_live? = false

          def recorded_events(name)
            recorder = Testing.find(Testing.current_id) or
              raise "#{self.class.name} is not recorded: system tests and tests without set-up have no stream assertions"
            settle_stream_jobs(recorder)
            recorder.events(name)
          end

          # The :async adapter runs jobs by itself. Others may not: their jobs are performed here; if
          # they are performed again later, the recorder counts them once.
          def settle_stream_jobs(recorder)
            return unless defined?(::ActiveJob)

            if BroadcastJob.queue_adapter.is_a?(::ActiveJob::QueueAdapters::AsyncAdapter)
              recorder.wait_for_jobs or flunk("broadcast jobs are still running after #{Testing::Recorder::WAIT_SECONDS} seconds")
            else
              recorder.due_jobs.each { |job| ::ActiveJob::Base.execute(job) }
            end
          end

          # Not by including StreamName: turbo-rails' test helper has a method of the same name.
          def durable_stream_name(target)
            DurableStreams.send(:stream_name_from!, target)
          end

          def described(target)
            durable_stream_name(target).inspect
          end

          # A broadcast to another stream is the usual cause.
          def elsewhere(target)
            recorder = Testing.find(Testing.current_id)
            others = recorder.stream_names - [ durable_stream_name(target) ]
            ". Broadcasts went to #{others.map(&:inspect).to_sentence}" if others.any?
          end
      end

      # Included by system tests: their broadcasts go to the real server. (No constant of TestHelper: in
      # every test it would stand before an app's own of that name.)
      module LiveTestHelper
        private
          def streams_are_live? = true
      end
    end
  end
end
