# frozen_string_literal: true

module DurableStreams
  module Rails
    module Testing
      # Stands before the real transport: requests of recorded tests go to their recorder, those of
      # system tests to the server, and any others nowhere.
      class Transport
        def initialize(live)
          @live = live
        end

        def call(request, token:, deadline:)
          case recorder = Testing.current
          when LIVE then @live.call(request, token:, deadline:)
          when nil then Response.new(status: request.verb == "POST" ? 200 : 204, headers: {})
          else recorder.call(request)
          end
        end
      end
    end
  end
end
