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
        text = "#{header(kid)}.#{base64(JSON.generate(claims))}"
        "#{text}.#{base64(signature(text, key))}"
      end

      # The last one is remembered: it changes when the key does.
      def self.header(kid)
        last_kid, text = @last_header
        return text if text && last_kid == kid

        base64(JSON.generate({ alg: "ES256", kid: }.compact)).tap { |header| @last_header = [ kid, header ] }
      end

      # OpenSSL gives two integers in DER (30 length, 02 length integer, 02 length integer; on P-256
      # each length is one byte); the token has them side by side, each of full length. OpenSSL::ASN1
      # could take them apart, in twice the time that all the rest takes but the signing itself.
      def self.signature(text, key)
        der = key.sign("SHA256", text)
        first_bytes = der.getbyte(3)
        coordinate(der.byteslice(4, first_bytes)) + coordinate(der.byteslice(6 + first_bytes, der.bytesize))
      end

      # Without the zero that keeps an integer positive, with those that it leaves out.
      def self.coordinate(integer)
        return integer if integer.bytesize == COORDINATE_BYTES

        integer.rjust(COORDINATE_BYTES, "\0").byteslice(-COORDINATE_BYTES, COORDINATE_BYTES)
      end

      def self.base64(bytes)
        [ bytes ].pack("m0").tap do |text|
          text.tr!("+/", "-_")
          text.delete!("=")
        end
      end

      private_class_method :header, :signature, :coordinate, :base64
    end
  end
end
