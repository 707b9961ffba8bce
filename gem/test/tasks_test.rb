# frozen_string_literal: true

require "test_helper"

class TasksTest < ActiveSupport::TestCase
  include DummyProcess
  include ReleaseTasks

  test "generate_keys writes the private part into the credentials and the public part beside the configuration" do
    File.write(File.join(app, "config/master.key"), SecureRandom.hex(16))
    out, status = generate_keys
    assert status.success?, out

    pem, = run_in_app("bin/rails", "runner", "print Rails.application.credentials.durable_streams.signing_key")
    key = OpenSSL::PKey.read(pem)
    assert_equal "prime256v1", key.group.curve_name
    assert_equal key.public_to_pem, File.read(public_path)
    assert_no_match "PRIVATE", out

    signed, = run_in_app("bin/rails", "runner", "print DurableStreams::Rails::Keys.signing_key.private_to_pem")
    assert_equal key.private_to_pem, signed
    assert_equal key.public_to_pem, File.read(File.join(app, "tmp/durable_streams/verify_key.pem")), "the local server's key follows the credentials"

    again, status = generate_keys
    assert_not status.success?
    assert_match "FORCE=1", again
    assert_equal key.public_to_pem, File.read(public_path)

    replaced, status = generate_keys(FORCE: "1")
    assert status.success?, replaced
    assert_match "replace durable_streams.signing_key by bin/rails credentials:edit", replaced
    assert_equal printed_key(replaced).public_to_pem, File.read(public_path)
  end

  test "generate_keys keeps what the credentials had" do
    File.write(File.join(app, "config/master.key"), SecureRandom.hex(16))
    run_in_app("bin/rails", "runner", 'Rails.application.credentials.write("other: thing")')
    generate_keys
    out, = run_in_app("bin/rails", "runner", "print Rails.application.credentials.other, Rails.application.credentials.durable_streams.keys")
    assert_equal "thing[:signing_key]", out
  end

  test "generate_keys leaves what the credentials have of streams, and prints what to add" do
    File.write(File.join(app, "config/master.key"), SecureRandom.hex(16))
    run_in_app("bin/rails", "runner", 'Rails.application.credentials.write("durable_streams:\n  signing_kid: k1\n")')
    out, status = generate_keys
    assert status.success?, out
    assert_match "add to what is there durable_streams.signing_key by bin/rails credentials:edit", out
    assert_equal printed_key(out).public_to_pem, File.read(public_path)
    kept, = run_in_app("bin/rails", "runner", "print Rails.application.credentials.durable_streams")
    assert_match(/\A\{:?signing_kid.*"k1"\}\z/, kept)
  end

  test "generate_keys does not write a key where production, with credentials of its own, would not see it" do
    key = SecureRandom.hex(16)
    %w[config/master.key config/credentials/production.key].each { |path| write_file path, key }
    run_in_app("bin/rails", "runner", 'Rails.application.encrypted("config/credentials/production.yml.enc", key_path: "config/credentials/production.key").write("other: thing")')
    out, status = generate_keys
    assert_not status.success?
    assert_match "RAILS_ENV=production bin/rails durable_streams:generate_keys", out
    assert_not File.exist?(public_path)

    out, status = generate_keys(RAILS_ENV: "production")
    assert status.success?, out
    assert_match "written into config/credentials/production.yml.enc", out
    public_part, = run_in_app("bin/rails", "runner", "print DurableStreams::Rails::Keys.signing_key.public_to_pem", RAILS_ENV: "production")
    assert_equal File.read(public_path), public_part
  end

  test "generate_keys without a master key prints what to add" do
    out, status = generate_keys
    assert status.success?, out
    assert_equal printed_key(out).public_to_pem, File.read(public_path)
    assert_match "no key for config/credentials.yml.enc here", out

    again, status = generate_keys
    assert_not status.success?
    assert_match "FORCE=1", again
  end

  test "download says where the binary is, or how to get one" do
    out, status = download
    assert_not status.success?
    assert_match "DURABLE_STREAMS_RELEASES_URL", out

    FileUtils.mkdir_p(File.join(app, "bin/dist"))
    FileUtils.cp("/bin/true", File.join(app, "bin/dist/durable-streams"))
    out, status = download
    assert status.success?, out
    assert_match "bin/dist/durable-streams", out
  end

  test "download fetches what the app pins, and bin/durable-streams runs it, fetching it first if need be" do
    binary = write_file("server", "#!/bin/sh\necho \"durable-streams #{DurableStreams::Rails::VERSION} $*\"\n").then { File.join(app, "server") }
    File.chmod(0o755, binary)
    location = "file://#{make_release(binary)}"
    target = File.join(app, "bin/dist/durable-streams")

    out, status = download(DURABLE_STREAMS_RELEASES_URL: location, DURABLE_STREAMS_VERSION: "9.9.9")
    assert_not status.success?
    assert_match "v9.9.9", out
    assert_not File.exist?(target)

    out, status = download(DURABLE_STREAMS_RELEASES_URL: location, DURABLE_STREAMS_VERSION: DurableStreams::Rails::VERSION)
    assert status.success?, out
    assert_equal File.read(binary), File.read(target)

    File.delete(target)
    write_file "bin/durable-streams", <<~RUBY
      ENV["DURABLE_STREAMS_RELEASES_URL"] ||= "#{location}"
      require_relative "../config/boot"
      require "durable_streams/rails/server_command"
      DurableStreams::Rails::ServerCommand.exec(File.expand_path("..", __dir__), ARGV)
    RUBY
    out, status = run_in_app("ruby", "bin/durable-streams", PATH: minimal_path)
    assert status.success?, out
    assert_match(/^durable-streams: fetching .*\ndurable-streams \S+ server --config config\/durable_streams.yml --env development/, out)
    assert File.executable?(target)

    File.write(target, "#!/bin/sh\necho durable-streams 0.0.1\n")
    write_file "bin/durable-streams", <<~RUBY
      ENV["DURABLE_STREAMS_VERSION"] ||= "#{DurableStreams::Rails::VERSION}"
    RUBY
    out, status = download(DURABLE_STREAMS_RELEASES_URL: location)
    assert status.success?, out
    assert_equal File.read(binary), File.read(target), "one of another version does not do"
  end

  test "download looks where the app's settings say" do
    out, status = download(DUMMY_SETTING: "releases_url")
    assert_not status.success?
    assert_match 'file URL, not "x"', out
  end

  private
    def generate_keys(**env) = run_in_app("bin/rails", "durable_streams:generate_keys", **env)
    def printed_key(out) = OpenSSL::PKey.read(out[/signing_key: \|\n(.*)/m, 1].gsub(/^ {4}/, ""))
    def download(**env) = run_in_app("bin/rails", "durable_streams:download", PATH: minimal_path, **env)
    def public_path = File.join(app, "config/durable_streams/verify_key.pem")
    def minimal_path = "#{File.dirname(RbConfig.ruby)}:/usr/bin:/bin"
end
