# frozen_string_literal: true

module DurableStreams
  module Rails
    # A request of the protocol: an HTTP verb ("POST"), the stream's name as it is (not encoded),
    # headers, query parameters and a body. Every request of this gem may be sent twice without
    # harm: appends carry producer headers, everything else is idempotent.
    Request = Data.define(:verb, :name, :headers, :query, :body) do
      def initialize(verb:, name:, headers: {}, query: {}, body: nil) = super
    end
  end
end
