# frozen_string_literal: true

module DurableStreams
  module Rails
    # A request as it goes on the wire, in one piece. It can be sent more than once.
    class HttpMessage
      # They could end a field before its time.
      CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/

      # More than a head takes, as a rule: it need not be moved while it is written.
      HEAD_BYTES = 1024

      attr_reader :verb, :bytes

      # A Request, for an HttpEndpoint.
      #
      # Errors: ArgumentError for a header's value, or a token, that is not printable ASCII.
      def initialize(request, endpoint, token: nil)
        @verb = request.verb
        body = request.body.to_s
        @bytes = String.new(capacity: HEAD_BYTES + body.bytesize, encoding: Encoding::BINARY)
        @bytes << verb << " " << endpoint.path << StreamUrl.path(request.name) << query_of(request) << " HTTP/1.1\r\nhost: " <<
          endpoint.authority << "\r\naccept-encoding: identity\r\ncontent-length: " << body.bytesize.to_s << "\r\n"
        add("authorization", "Bearer #{token}") if token
        request.headers.each { |name, value| add(name, value) }
        @bytes << "\r\n" << (body.ascii_only? ? body : body.b)
      end

      private
        def query_of(request)
          request.query.empty? ? "" : "?#{URI.encode_www_form(request.query)}"
        end

        # An Integer is good as it is.
        def add(name, value)
          unless value.is_a?(Integer) || (value.ascii_only? && !value.match?(CONTROL))
            raise ArgumentError, "the header #{name} must be printable ASCII, unlike #{value.inspect}"
          end
          @bytes << name << ": " << value.to_s << "\r\n"
        end
    end
  end
end
