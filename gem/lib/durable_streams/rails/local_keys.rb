# frozen_string_literal: true

require "fileutils"
require "openssl"

module DurableStreams
  module Rails
    # The key pair of development and test, under the app's tmp/: it needs no set-up and is good for
    # nothing else. Needs no Rails, because bin/durable-streams makes it too, whoever comes first.
    #
    # Processes: any number may call `ensure` at once, all get the same pair.
    class LocalKeys
      attr_reader :directory

      def initialize(root)
        @directory = File.join(root.to_s, "tmp", "durable_streams")
      end

      def signing_key_path = File.join(directory, "signing_key.pem")
      def verify_key_path = File.join(directory, "verify_key.pem")

      # Answers the private key as a PEM text; makes the pair if it is not there.
      def ensure
        return File.read(signing_key_path) if File.exist?(signing_key_path) && File.exist?(verify_key_path)

        locked do
          write(signing_key_path, OpenSSL::PKey::EC.generate("prime256v1").private_to_pem) unless File.exist?(signing_key_path)
          File.read(signing_key_path).tap { |pem| publish_public_part(OpenSSL::PKey.read(pem)) }
        end
      end

      # Writes the public part of a key that comes from elsewhere.
      def publish(key)
        locked { publish_public_part(key) }
      end

      private
        def publish_public_part(key)
          pem = key.public_to_pem
          write(verify_key_path, pem) unless File.exist?(verify_key_path) && File.read(verify_key_path) == pem
        end

        # Readers see the old file or the new one, never half of it.
        def write(path, text)
          temporary = "#{path}.#{Process.pid}"
          File.open(temporary, File::WRONLY | File::CREAT | File::TRUNC, 0o600) { |file| file.write(text) }
          File.rename(temporary, path)
        end

        def locked
          FileUtils.mkdir_p(directory, mode: 0o700)
          File.open(File.join(directory, ".lock"), File::RDWR | File::CREAT, 0o600) do |lock|
            lock.flock(File::LOCK_EX)
            yield
          end
        end
    end
  end
end
