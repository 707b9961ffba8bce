# frozen_string_literal: true

module DurableStreams
  module Rails
    # A stream's URL: the configured base, then the name, percent-encoded only where a path needs it
    # (":" and "//" stay). The name can never change the host, add a query or climb out of the base:
    # it contributes path characters alone, and StreamName leaves no "." or ".." segment.
    module StreamUrl
      NOT_IN_A_PATH = %r{[^A-Za-z0-9\-._~!$&'()*+,;=:@/]}n

      # "/gid://app/Room/1/a%20b" for "gid://app/Room/1/a b".
      def self.path(name)
        "/" + name.b.gsub(NOT_IN_A_PATH) { |byte| format("%%%02X", byte.ord) }.force_encoding(Encoding::US_ASCII)
      end

      def self.join(base, name)
        base + path(name)
      end
    end
  end
end
