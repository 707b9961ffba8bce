# frozen_string_literal: true

require "digest"
require "fileutils"
require "net/http"
require "rubygems/package"
require "stringio"
require "uri"
require "zlib"
require "durable_streams/rails/version"

module DurableStreams
  module Rails
    # A released server binary, for this machine's platform. A release location is a folder, by https,
    # http or file URL, with one folder a version:
    #
    #   LOCATION/v0.1.0/durable-streams-0.1.0-x86_64-linux.tar.gz   one file, durable-streams
    #   LOCATION/v0.1.0/SHA256SUMS                                 as sha256sum writes it
    #
    # `rake release:bundle` in this gem's source makes such a folder. Needs no Rails.
    #
    # Location and version: DURABLE_STREAMS_RELEASES_URL and DURABLE_STREAMS_VERSION, which
    # bin/durable-streams may set as well (`ENV["..."] ||= "..."`), so that an app pins them in one
    # place. The location may also be `config.durable_streams.releases_url`, which the Rake task alone
    # knows. The version is this gem's own if nothing else is said.
    class ServerRelease
      class Unavailable < StandardError; end

      NAME = "durable-streams"
      PLATFORMS = %w[x86_64-linux aarch64-linux x86_64-darwin arm64-darwin].freeze
      REDIRECTS_MAX = 5
      TIMEOUT_SECONDS = 30

      # As RubyGems names it: "x86_64-linux".
      def self.platform(local = Gem::Platform.local)
        "#{local.cpu}-#{local.os}"
      end

      def self.archive_name(version, platform = self.platform) = "#{NAME}-#{version}-#{platform}.tar.gz"

      attr_reader :version, :location

      def initialize(root, location: nil)
        @root = root.to_s
        @location = (pinned("DURABLE_STREAMS_RELEASES_URL") || location).to_s.chomp("/")
        @pinned_version = pinned("DURABLE_STREAMS_VERSION")
        @version = @pinned_version || VERSION
      end

      # Whether a certain version was asked for.
      def pinned? = !@pinned_version.nil?

      def located? = !@location.empty?

      # For messages.
      def described
        located? ? "fetches #{@version} from #{@location}" : "once DURABLE_STREAMS_RELEASES_URL says where releases are"
      end

      # Fetches the archive, checks its sum and puts the binary at `path`, whole or not at all.
      #
      # Errors: Unavailable, with the reason and what to do.
      def download(path)
        unless located?
          raise Unavailable, "It is not known where releases are: set DURABLE_STREAMS_RELEASES_URL, or build the " \
                             "server from source and copy it to #{path}."
        end
        unless PLATFORMS.include?(self.class.platform)
          raise Unavailable, "There are no binaries for #{self.class.platform} (only #{PLATFORMS.join(", ")}): build the " \
                             "server from source and copy it to #{path}."
        end
        install(binary_in(checked(fetch(archive_name))), path)
      end

      private
        def archive_name = self.class.archive_name(@version)

        def url(name) = "#{@location}/v#{@version}/#{name}"

        # What the environment says, or bin/durable-streams would make it say.
        def pinned(name)
          value = ENV[name].to_s
          return value unless value.empty?

          script = File.join(@root, "bin", NAME)
          File.file?(script) && File.read(script)[/^\s*ENV\["#{name}"\] \|\|= "([^"]+)"/, 1] || nil
        end

        def checked(archive)
          expected = fetch("SHA256SUMS")[/^([0-9a-f]{64}) [ *]#{Regexp.escape(archive_name)}$/, 1]
          raise Unavailable, "#{url("SHA256SUMS")} does not list #{archive_name}." unless expected

          actual = Digest::SHA256.hexdigest(archive)
          return archive if actual == expected
          raise Unavailable, "#{url(archive_name)} is not what SHA256SUMS says (#{actual} instead of #{expected}): refused."
        end

        def binary_in(archive)
          Gem::Package::TarReader.new(Zlib::GzipReader.new(StringIO.new(archive))).each do |entry|
            return entry.read if entry.file? && entry.full_name == NAME
          end
          raise Unavailable, "#{url(archive_name)} holds no #{NAME}."
        rescue Zlib::Error, Gem::Package::Error => error
          raise Unavailable, "#{url(archive_name)} can't be unpacked: #{error.message}"
        end

        def install(binary, path)
          FileUtils.mkdir_p(File.dirname(path))
          unfinished = "#{path}.#{Process.pid}"
          File.binwrite(unfinished, binary)
          File.chmod(0o755, unfinished)
          File.rename(unfinished, path)
          path
        rescue SystemCallError => error
          raise Unavailable, "#{path} can't be written: #{error.message}"
        ensure
          FileUtils.rm_f(unfinished) if unfinished
        end

        def fetch(name)
          uri = URI.parse(url(name))
          case uri
          when URI::HTTP then fetch_by_http(uri)
          when URI::File then File.binread(uri.path)
          else raise Unavailable, "DURABLE_STREAMS_RELEASES_URL is an https, http or file URL, not #{@location.inspect}."
          end
        rescue URI::InvalidURIError, SystemCallError, SocketError, Timeout::Error, IOError, OpenSSL::SSL::SSLError => error
          raise Unavailable, "#{url(name)} can't be fetched: #{error.message}"
        end

        # Redirects may lead to another host, but never from https to http.
        def fetch_by_http(uri, redirects: REDIRECTS_MAX)
          response = Net::HTTP.start(uri.hostname, uri.port, use_ssl: uri.scheme == "https",
            open_timeout: TIMEOUT_SECONDS, read_timeout: TIMEOUT_SECONDS) { |http| http.request_get(uri.request_uri) }
          case response
          when Net::HTTPSuccess then response.body
          when Net::HTTPRedirection
            target = URI.join(uri.to_s, response["Location"].to_s)
            if redirects.zero? || !target.is_a?(URI::HTTP) || (uri.scheme == "https" && target.scheme != "https")
              raise Unavailable, "#{uri} redirects to #{target}: not followed."
            end
            fetch_by_http(target, redirects: redirects - 1)
          else raise Unavailable, "#{uri} can't be fetched: #{response.code} #{response.message}."
          end
        end
    end
  end
end
