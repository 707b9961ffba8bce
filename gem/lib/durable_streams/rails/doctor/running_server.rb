# frozen_string_literal: true

require "json"
require "net/http"
require "time"

module DurableStreams
  module Rails
    class Doctor
      # What answers at `server_url`, and what it says to this app's token.
      class RunningServer
        include Findings

        PROBE = "durable-streams-doctor"
        TIMEOUT_SECONDS = 3
        # Of a token's two minutes.
        SKEW_SECONDS_MAX = 10

        def initialize(settings, setup)
          @settings = settings
          @setup = setup
        end

        def findings
          server = server_at(@settings.server_url, "server")
          found = [ server, *(server.well? ? [ version, clock, token, socket ] : []) ]
          found << server_at(@settings.client_url, "client_url") unless @settings.client_url == @settings.server_url
          found.compact
        end

        private
          # The answer of /up tells our server from other programs.
          def server_at(url, subject)
            @up = get(url) { "/up" }
            return well(subject, url) if @up.code == "200" && @up.body.to_s.start_with?('{"status"')
            return not_let_in(subject, url) if @up.code == "403" && @up.body.to_s.include?('"address_not_allowed"')

            wrong(subject, "another program answers at #{url} (#{@up.code} for /up)",
              "stop that program, or choose another port: in config/durable_streams.yml, and by DURABLE_STREAMS_SERVER_URL and DURABLE_STREAMS_CLIENT_URL")
          rescue Errno::ECONNREFUSED, Errno::ENOENT
            wrong(subject, "nothing answers at #{url}", @setup.start)
          rescue SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError, Net::HTTPBadResponse, Net::ProtocolError => error
            wrong(subject, "#{url} can't be asked: #{error.message}", "check the address, and what stands between: another program, a firewall, a proxy")
          end

          def not_let_in(subject, url)
            wrong(subject, "#{url} does not let this machine in", "add this machine's address to the server's internal.allowed_ips, and start it again")
          end

          # It may have been started before the gem was updated.
          def version
            actual = JSON.parse(@up.body)["version"] or return
            return well("running version", actual) if Versions.fits?(actual)

            wrong("running version", "the server that runs is #{actual}, this gem goes with #{Versions.wanted}", @setup.restart)
          end

          def clock
            date = @up["Date"] or return
            skew = (Time.now - Time.httpdate(date)).round
            return well("clock", "the server's differs by #{skew.abs} s at most") if skew.abs <= SKEW_SECONDS_MAX

            wrong("clock", "this machine is #{skew.abs} s #{skew.positive? ? "ahead of" : "behind"} the server: tokens are refused", synchronize)
          rescue ArgumentError
            nil
          end

          def synchronize = "let NTP set both clocks (timedatectl set-ntp true)"

          def token
            response = get(@settings.server_url, authorization) { |path| "#{path}/#{PROBE}?offset=-1" }
            return well("token", "the server takes this app's") if %w[200 404].include?(response.code)

            wrong("token", "the server refuses this app's: #{response.code}, #{reason(response)}", remedy(response))
          rescue KeyMissing, ArgumentError
            nil # told already
          rescue SystemCallError, IOError, Timeout::Error => error
            wrong("token", error.message, @setup.restart)
          end

          def authorization
            { "Authorization" => "Bearer #{(@settings.server_token || Runtime.tokens.method(:server_token)).call}" }
          end

          # That it is missing is no fault.
          def socket
            local = HttpEndpoint.new(@settings.server_url).local_socket or return
            connection = local.connect(TIMEOUT_SECONDS) or return

            connection.close
            well("socket", "#{local.path}, which this app's requests take")
          end

          def reason(response)
            JSON.parse(response.body).dig("error", "message") || response.body
          rescue JSON::ParserError
            response.body.to_s[0, 200]
          end

          def remedy(response)
            case reason(response)
            when /issuer/ then "DurableStreams.token_issuer must be the server's auth.issuer; after a change, #{@setup.restart}"
            when /audience/ then "DurableStreams.token_audience must be the server's auth.audience; after a change, #{@setup.restart}"
            when /expired|not valid yet/ then synchronize
            when /signature|key/ then "the server's auth.verify_key must be the public part of the signing key; after a change, #{@setup.restart}"
            else response.code == "403" ? "DurableStreams.server_token must answer the app server's token, with the claim \"server\": true" : @setup.restart
            end
          end

          # The block answers the path, given that of the URL.
          def get(url, headers = {})
            uri = URI.parse(url)
            return get_from_socket(HttpEndpoint.new(url), headers) { |path| yield path } unless uri.is_a?(URI::HTTP)

            Net::HTTP.start(uri.hostname, uri.port, nil, use_ssl: uri.scheme == "https",
              open_timeout: TIMEOUT_SECONDS, read_timeout: TIMEOUT_SECONDS) { |http| http.request_get(yield(uri.path), headers) }
          end

          def get_from_socket(endpoint, headers)
            socket = Net::BufferedIO.new(endpoint.connect(TIMEOUT_SECONDS), read_timeout: TIMEOUT_SECONDS)
            request = Net::HTTP::Get.new(yield(endpoint.path), { "Host" => endpoint.authority }.merge(headers))
            request.exec(socket, "1.1", request.path)
            Net::HTTPResponse.read_new(socket).tap { |response| response.reading_body(socket, true) { response.body } }
          ensure
            socket&.close
          end
      end
    end
  end
end
