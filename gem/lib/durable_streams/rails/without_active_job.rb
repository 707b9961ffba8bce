# frozen_string_literal: true

module DurableStreams
  module Rails
    # In place of Broadcastable in apps that do not load Active Job (`rails new --minimal` makes such): says
    # what is missing. (Not of `streams`: a model's scope may have that name, see StreamsMacro.)
    module WithoutActiveJob
      def streams_to(...)
        raise ArgumentError, "streams_to needs Active Job: require \"active_job/railtie\" in config/application.rb"
      end
    end
  end
end
