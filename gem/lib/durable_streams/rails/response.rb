# frozen_string_literal: true

module DurableStreams
  module Rails
    # What the server answered. `headers` answers [] for lower-case names: a Hash, or HttpFields; `[]`
    # takes any case.
    class Response
      attr_reader :status, :headers, :body

      def initialize(status:, headers: {}, body: "")
        @status = status
        @headers = headers
        @body = body
      end

      def [](name) = headers[name.downcase]
      def with(body:) = Response.new(status:, headers:, body:)
    end
  end
end
