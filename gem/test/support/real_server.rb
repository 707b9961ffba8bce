# frozen_string_literal: true

require "net/http"
require_relative "needs"

# The real binary, run as the installed files run it. Found by DURABLE_STREAMS_BIN or in the build
# directory.
module RealServer
  include Needs

  BUILT = File.expand_path("../../../build/release/durable-streams", __dir__)
  BINARY = ENV["DURABLE_STREAMS_BIN"].presence || (BUILT if File.executable?(BUILT))
  PORTS = (21_700..21_899)

  private
    attr_reader :server_pid

    # Makes an app's files by the generator, runs the server on them, and sends this test's requests
    # there.
    def start_real_server
      require_real_server
      @root = Dir.mktmpdir("real_server")
      install_files
      @port = free_port
      spawn_server
      go_live("http://127.0.0.1:#{@port}/v1/streams")
      # As the installed initializer says, and with the key that the installed configuration names.
      change_settings(client_url: "http://127.0.0.1:#{@port}/v1/streams", token_issuer: "dummy", token_audience: "dummy/streams",
        signing_key: File.read(DurableStreams::Rails::LocalKeys.new(@root).signing_key_path))
    end

    def require_real_server
      missing("no server binary: build it or set DURABLE_STREAMS_BIN") unless BINARY
    end

    def install_files
      require "rails/generators"
      require "generators/durable_streams/install/install_generator"
      silence_stream_of do
        DurableStreams::Generators::InstallGenerator.start([], destination_root: @root, quiet: true)
      end
    end

    def silence_stream_of
      before, $stdout = $stdout, StringIO.new
      yield
    ensure
      $stdout = before
    end

    # `noticed: false`: the app has to find out by itself that the server is there again. What
    # `@server_environment` has, the server gets in its environment.
    def spawn_server(noticed: true)
      command = DurableStreams::Rails::ServerCommand.new(@root)
      command.prepare
      before, ENV["DURABLE_STREAMS_BIN"] = ENV["DURABLE_STREAMS_BIN"], BINARY
      @log = File.join(@root, "server.log")
      @server_pid = Process.spawn(@server_environment.to_h, *command.to_a([ "--port", @port.to_s, "--exit-with-parent" ]),
        chdir: @root, out: [ @log, "a" ], err: [ :child, :out ])
      eventually(-> { "the server is not up: #{File.read(@log)}" }) { up? }
      DurableStreams::Rails::Runtime.breaker.reset if noticed
    ensure
      ENV["DURABLE_STREAMS_BIN"] = before
    end

    # Restarts the server with more settings than the installed file has.
    def reconfigure_server(settings)
      kill_server
      file = File.join(@root, "config/durable_streams.yml")
      sections = YAML.load_file(file, aliases: true)
      sections["test"].merge!(settings.deep_stringify_keys)
      File.write(file, sections.to_yaml)
      spawn_server
    end

    def up?
      if Process.wait(server_pid, Process::WNOHANG)
        @server_pid = nil
        flunk "the server ended: #{File.read(@log)}"
      end
      Net::HTTP.get_response(URI("http://127.0.0.1:#{@port}/up")).code == "200"
    rescue SystemCallError
      false
    end

    def kill_server(signal = "KILL")
      Process.kill(signal, server_pid)
      Process.wait(server_pid)
      @server_pid = nil
    end

    def free_port
      PORTS.to_a.shuffle.find do |port|
        TCPServer.open("127.0.0.1", port).close
        true
      rescue Errno::EADDRINUSE
        false
      end
    end

    def after_teardown
      super
    ensure
      kill_server if server_pid
      FileUtils.rm_rf(@root) if @root
    end
end
