# frozen_string_literal: true

require "active_job/test_helper"

# Runs a test with another queue adapter than the suite's.
module QueueAdapters
  private
    def use_queue_adapter(adapter)
      @adapter_before ||= [ ActiveJob::Base._test_adapter ]
      ActiveJob::Base.enable_test_adapter(adapter)
    end

    def after_teardown
      super
    ensure
      ActiveJob::Base.enable_test_adapter(@adapter_before.first) if @adapter_before
    end
end
