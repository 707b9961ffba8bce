# frozen_string_literal: true

require "openssl"
require "socket"

# An authority of its own, and server sockets with certificates from it.
class Certificates
  def initialize
    @key = OpenSSL::PKey::EC.generate("prime256v1")
    @authority = certificate("test authority #{SecureRandom.hex(4)}", key: @key, issuer: nil) { |extensions| extensions.create_extension("basicConstraints", "CA:TRUE", true) }
  end

  # Listens on 127.0.0.1 and speaks TLS as `host`.
  def listener(host)
    context = OpenSSL::SSL::SSLContext.new
    context.key = OpenSSL::PKey::EC.generate("prime256v1")
    context.cert = certificate(host, key: context.key, issuer: @authority) do |extensions|
      extensions.create_extension("subjectAltName", "DNS:#{host}")
    end
    OpenSSL::SSL::SSLServer.new(TCPServer.new("127.0.0.1", 0), context)
  end

  # Clients of this process trust this authority from now on.
  def trust
    OpenSSL::SSL::SSLContext::DEFAULT_CERT_STORE.add_cert(@authority)
    self
  end

  private
    def certificate(name, key:, issuer:)
      OpenSSL::X509::Certificate.new.tap do |certificate|
        certificate.version = 2
        certificate.serial = rand(1..2**64)
        certificate.subject = OpenSSL::X509::Name.new([ [ "CN", name ] ])
        certificate.issuer = (issuer || certificate).subject
        certificate.public_key = key
        certificate.not_before = Time.now - 60
        certificate.not_after = Time.now + 3600
        extensions = OpenSSL::X509::ExtensionFactory.new(issuer || certificate, certificate)
        certificate.add_extension(yield(extensions))
        certificate.sign(@key, "SHA256")
      end
    end
end
