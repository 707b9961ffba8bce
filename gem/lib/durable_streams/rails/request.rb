# frozen_string_literal: true

module DurableStreams
  module Rails
    # A request of the protocol: an HTTP verb ("POST"), the stream's name as it is (not encoded),
    # headers, query parameters and a body. Every request of this gem may be sent twice without
    # harm: appends carry producer headers, everything else is idempotent.
    class Request
      NONE = {}.freeze

      attr_reader :verb, :name, :headers, :query, :body

      def initialize(verb:, name:, headers: NONE, query: NONE, body: nil)
        @verb = verb
        @name = name
        @headers = headers
        @query = query
        @body = body
      end
    end
  end
end
