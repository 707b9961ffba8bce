# frozen_string_literal: true

require "json"
require "net/http"

module Bench
  # Sets streams up and looks at them afterwards, over one kept connection. Never
  # used inside a measured window.
  class ApiClient
    JSON_TYPE = { "Content-Type" => "application/json" }.freeze

    def initialize(port)
      @http = Net::HTTP.new("127.0.0.1", port)
      @http.read_timeout = 30
      @http.start
    end

    def create(path) = expect(@http.send_request("PUT", path, "", JSON_TYPE))
    def append(path, body) = expect(@http.post(path, body, JSON_TYPE))
    def get(path) = expect(@http.get(path))

    # Bytes in the stream, as its tail offset tells: `<owner>_<position>`.
    def tail_position(path)
      expect(@http.head(path))["Stream-Next-Offset"].split("_").last.to_i
    end

    def close = @http.finish

    private
      def expect(response)
        return response if response.is_a?(Net::HTTPSuccess)

        raise Failure, "#{response.code} #{response.message}: #{response.body.to_s[0, 200]}"
      end
  end
end
