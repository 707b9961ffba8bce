# frozen_string_literal: true

module DurableStreams
  module Rails
    # A request as it goes on the wire, in one piece. It can be sent more than once.
    class HttpMessage
      # They could end a field before its time.
      CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/

      attr_reader :verb, :bytes

      # A Request, for an HttpEndpoint.
      #
      # Errors: ArgumentError for a header's value, or a token, that is not printable ASCII.
      def initialize(request, endpoint, token = nil)
        @verb = request.verb
        @bytes = "#{verb} #{endpoint.path}#{StreamUrl.path(request.name)}#{query_of(request)} HTTP/1.1\r\n" \
                 "host: #{endpoint.authority}\r\naccept-encoding: identity\r\n#{fields_of(request, token)}" \
                 "content-length: #{request.body&.bytesize.to_i}\r\n\r\n#{request.body}"
      end

      private
        def query_of(request)
          "?#{URI.encode_www_form(request.query)}" unless request.query.empty?
        end

        def fields_of(request, token)
          fields = +""
          fields << "authorization: Bearer #{checked("authorization", token)}\r\n" if token
          request.headers.each { |name, value| fields << "#{name}: #{checked(name, value)}\r\n" }
          fields
        end

        # An Integer is good as it is.
        def checked(name, value)
          return value if value.is_a?(Integer) || (value.ascii_only? && !value.match?(CONTROL))

          raise ArgumentError, "the header #{name} must be printable ASCII, unlike #{value.inspect}"
        end
    end
  end
end
