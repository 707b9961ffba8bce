# frozen_string_literal: true

module DurableStreams
  module Rails
    # What the server answered. `headers` has lower-case names; `[]` takes any case.
    Response = Data.define(:status, :headers, :body) do
      def initialize(status:, headers: {}, body: "") = super

      def [](name) = headers[name.downcase]
    end
  end
end
