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

      # OpenSSL gives two integers in DER (30 length, 02 length integer, 02 length integer; on P-256
      # each length is one byte); the token has them side by side, each of full length. OpenSSL::ASN1
      # could take them apart, in twice the time that all the rest takes but the signing itself.
      def self.signature(text, key)
        der = key.sign("SHA256", text)
        first_bytes = der.getbyte(3)
        coordinate(der.byteslice(4, first_bytes)) + coordinate(der.byteslice(6 + first_bytes..))
      end

      # Without the zero that keeps an integer positive, with those that it leaves out.
      def self.coordinate(integer)
        integer.rjust(COORDINATE_BYTES, "\0").byteslice(-COORDINATE_BYTES..)
      end

      def self.base64(bytes) = [ bytes ].pack("m0").tr("+/", "-_").delete("=")

      private_class_method :signature, :coordinate, :base64
    end
  end
end
