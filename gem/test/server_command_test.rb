# frozen_string_literal: true

require "test_helper"
require "durable_streams/rails/server_command"

class ServerCommandTest < ActiveSupport::TestCase
  ServerBinary = DurableStreams::Rails::ServerBinary
  ServerCommand = DurableStreams::Rails::ServerCommand
  VARIABLES = %w[DURABLE_STREAMS_BIN DURABLE_STREAMS_VERSION DURABLE_STREAMS_RELEASES_URL DURABLE_STREAMS_CONFIG DURABLE_STREAMS_PORT DURABLE_STREAMS_DATA_DIR RAILS_ENV RACK_ENV PATH].freeze

  setup do
    @before = ENV.slice(*VARIABLES)
    VARIABLES.each { |name| ENV.delete(name) }
    @root = Dir.mktmpdir
    @path = Dir.mktmpdir
    ENV["PATH"] = @path
  end

  teardown do
    VARIABLES.each { |name| ENV[name] = @before[name] }
    FileUtils.rm_rf([ @root, @path ])
  end

  test "the binary is the one named, the app's, or the one on PATH, in this order" do
    assert_nil ServerBinary.find(@root)
    on_path = executable(File.join(@path, "durable-streams"))
    assert_equal on_path, ServerBinary.find(@root)
    in_app = executable(File.join(@root, "bin/dist/durable-streams"))
    assert_equal in_app, ServerBinary.find(@root)
    ENV["DURABLE_STREAMS_BIN"] = executable(File.join(@root, "mine"))
    assert_equal File.join(@root, "mine"), ServerBinary.find(@root)
  end

  test "a script on PATH, such as the app's own, is not taken for the binary" do
    script = executable(File.join(@path, "durable-streams"))
    File.write(script, "#!/bin/sh\n")
    assert_nil ServerBinary.find(@root)
  end

  test "with a version that is asked for, binaries of another are passed over" do
    ENV["DURABLE_STREAMS_VERSION"] = "1.2.3"
    program(File.join(@root, "bin/dist/durable-streams"), "durable-streams 1.2.4")
    assert_nil ServerBinary.find(@root)
    error = assert_raises(ServerBinary::NotFound) { ServerBinary.path(@root) }
    assert_match "binary 1.2.3 for", error.message

    path = program(File.join(@root, "bin/dist/durable-streams"), "durable-streams 1.2.3")
    assert_equal path, ServerBinary.find(@root)
  end

  test "a binary that is named and not there is an error, not passed over" do
    executable(File.join(@path, "durable-streams"))
    ENV["DURABLE_STREAMS_BIN"] = "/nonexistent"
    error = assert_raises(ServerBinary::NotFound) { ServerBinary.find(@root) }
    assert_match "/nonexistent", error.message
  end

  test "without a binary the error says what helps" do
    error = assert_raises(ServerBinary::NotFound) { ServerCommand.new(@root).to_a }
    assert_match "DURABLE_STREAMS_BIN", error.message
  end

  test "the command runs the app's configuration in its environment" do
    binary = executable(File.join(@path, "durable-streams"))
    assert_equal [ binary, "server", "--config", "config/durable_streams.yml", "--env", "development", "--extra" ],
      ServerCommand.new(@root).to_a([ "--extra" ])

    ENV["RACK_ENV"] = "staging"
    assert_equal "staging", ServerCommand.new(@root).env
    ENV["RAILS_ENV"] = "production"
    assert_equal "production", ServerCommand.new(@root).env
  end

  test "the environment overrides configuration file, port and data directory" do
    executable(File.join(@path, "durable-streams"))
    ENV.update("DURABLE_STREAMS_CONFIG" => "/etc/streams.yml", "DURABLE_STREAMS_PORT" => "21500", "DURABLE_STREAMS_DATA_DIR" => "/data")
    assert_equal [ "server", "--config", "/etc/streams.yml", "--env", "development", "--port", "21500", "--data-dir", "/data" ],
      ServerCommand.new(@root).to_a.drop(1)
  end

  test "the server listens on the app's own socket too, unless it is told another or there can be none" do
    command = ServerCommand.new(@root)
    path = File.join(@root, "tmp/durable_streams/21500.sock")
    assert_equal [ "--unix-socket", path ], command.socket_flag({ "port" => 21_500 })
    assert_equal [ "--unix-socket", path ], command.socket_flag({ "port" => 4437 }, port: 21_500)
    assert_empty command.socket_flag({ "port" => 21_500, "unix_socket" => "/run/streams.sock" })
    assert_empty command.socket_flag(nil), "the configuration can't be read"
    File.write(File.join(@root, "file"), "")
    assert_empty ServerCommand.new(File.join(@root, "file")).socket_flag({ "port" => 21_500 })
  end

  test "a pair of keys is made for development and test, and for nothing else" do
    ENV["RAILS_ENV"] = "production"
    ServerCommand.new(@root).prepare
    assert_not Dir.exist?(File.join(@root, "tmp"))

    ENV["RAILS_ENV"] = "test"
    ServerCommand.new(@root).prepare
    assert_equal File.read(File.join(@root, "tmp/durable_streams/verify_key.pem")), ServerCommand.new(@root).verify_key
  end

  test "where the public key is missing it is said what puts it there" do
    said = ->(path) { ServerCommand.new(@root).missing_key({ "auth" => { "verify_key" => path } }) }
    assert_match(%r{config/key.pem is not there.*tmp/durable_streams/verify_key.pem, which auth.verify_key in config/durable_streams.yml}, said["config/key.pem"])

    ENV["RAILS_ENV"] = "production"
    assert_match(%r{generate_keys makes a pair and puts it there\.}, said["config/durable_streams/verify_key.pem"])
    assert_match(%r{/etc/key.pem is not there.*generate_keys makes a pair and puts it into config/durable_streams/verify_key.pem\.}, said["/etc/key.pem"])
    File.write(File.join(@root, "key.pem"), "")
    assert_nil said["key.pem"]
    assert_nil ServerCommand.new(@root).missing_key({})
  end

  private
    def program(path, output)
      executable(path)
      File.write(path, "#!/bin/sh\necho '#{output}'\n")
      path
    end

    def executable(path)
      FileUtils.mkdir_p(File.dirname(path))
      FileUtils.cp("/bin/true", path)
      path
    end
end
