# frozen_string_literal: true

require "json"
require "openssl"

module DurableStreams
  module Rails
    # Signs ES256 JSON Web Tokens (RFC 7515, RFC 7518 3.4). Verifying is the server's business.
    module JsonWebToken
      COORDINATE_BYTES = 32

      # `claims` is a hash, `key` an OpenSSL::PKey::EC on P-256, `kid` its name, if it has one.
      def self.sign(claims, key, kid: nil)
        header = { alg: "ES256", kid: }.compact
        text = "#{base64(JSON.generate(header))}.#{base64(JSON.generate(claims))}"
        "#{text}.#{base64(signature(text, key))}"
      end

      # OpenSSL gives two integers in ASN.1; the token has them side by side, each of full length.
      def self.signature(text, key)
        integers = OpenSSL::ASN1.decode(key.sign("SHA256", text)).value
        integers.map { |integer| integer.value.to_s(2).rjust(COORDINATE_BYTES, "\0") }.join
      end

      def self.base64(bytes) = [ bytes ].pack("m0").tr("+/", "-_").delete("=")

      private_class_method :signature, :base64
    end
  end
end
