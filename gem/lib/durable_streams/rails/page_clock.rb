# frozen_string_literal: true

module DurableStreams
  module Rails
    # Middleware, the first of all: notes when each request began, on the machine's steady clock.
    # Nothing that the request finds in the database can be older than it seems from there. Also gives
    # it its PageBudget.
    class PageClock
      KEY = "durable_streams.began_at"

      # Now, where there is no request.
      def self.began_at(request)
        request&.get_header(KEY) || Deadline.now
      end

      def initialize(app)
        @app = app
      end

      def call(env)
        env[KEY] = Deadline.now
        PageBudget.for_request { @app.call(env) }
      end
    end
  end
end
