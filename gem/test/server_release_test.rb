# frozen_string_literal: true

require "test_helper"
require "durable_streams/rails/server_binary"

# Fetching a binary from a release that our own command has made, of a script that stands in for it.
class ServerReleaseTest < ActiveSupport::TestCase
  include LiveServer
  include ReleaseTasks

  ServerRelease = DurableStreams::Rails::ServerRelease
  Unavailable = ServerRelease::Unavailable
  VERSION = DurableStreams::Rails::VERSION

  setup do
    @root = Dir.mktmpdir("app")
    @binary = File.join(@root, "server")
    File.write(@binary, "#!/bin/sh\necho 'durable-streams #{VERSION}'\n")
    File.chmod(0o755, @binary)
    @releases = make_release(@binary)
    @target = File.join(@root, "bin/dist/durable-streams")
  end

  teardown { FileUtils.rm_rf(@root) }

  test "a release is fetched from a folder, checked, and can be run" do
    assert_equal @target, release("file://#{@releases}").download(@target)
    assert_equal File.read(@binary), File.read(@target)
    assert File.executable?(@target)
    assert_equal [ @target ], files
  end

  test "the sums are as sha256sum writes them" do
    out, status = Open3.capture2e("sha256sum", "--check", "--strict", "SHA256SUMS", chdir: File.join(@releases, "v#{VERSION}"))
    assert status.success?, out
    assert_match "#{archive_name}: OK", out
  end

  test "a release is fetched by http, redirects are followed" do
    serve { |path| path.start_with?("/old/") ? "HTTP/1.1 302 Found\r\nLocation: #{path.sub("/old/", "/new/")}\r\nContent-Length: 0\r\n\r\n" : answer(path) }
    release("#{@location}/old/").download(@target)
    assert_equal File.read(@binary), File.read(@target)
  end

  test "redirects lead from https to nothing less safe, and not round for ever" do
    serve { |path| "HTTP/1.1 302 Found\r\nLocation: #{path}\r\nContent-Length: 0\r\n\r\n" }
    assert_refused(/redirects to .*: not followed/, @location)
    assert_equal ServerRelease::REDIRECTS_MAX + 1, fake_server.requests.size

    serve { |path| answer(path) }
    secure = FakeServer.new(listener: Certificates.new.trust.listener("localhost"))
    secure.answer_with { |request| "HTTP/1.1 302 Found\r\nLocation: #{@location}#{request.target}\r\nContent-Length: 0\r\n\r\n" }
    assert_refused(/redirects to http:.*: not followed/, "https://localhost:#{secure.port}")
    assert_empty files
  ensure
    secure&.stop
  end

  test "another sum is refused, and what was there stays" do
    FileUtils.mkdir_p(File.dirname(@target))
    File.write(@target, "the old one")
    path = File.join(@releases, "v#{VERSION}", archive_name)
    File.binwrite(path, File.binread(path).sub(/.\z/m) { |byte| (byte.ord ^ 1).chr })
    assert_refused(/is not what SHA256SUMS says/, "file://#{@releases}")
    assert_equal "the old one", File.read(@target)
  end

  test "the sum is that of this file, not of one whose name is like it" do
    sums = File.join(@releases, "v#{VERSION}", "SHA256SUMS")
    File.write(sums, "#{"0" * 64}  other-#{archive_name}\n#{"1" * 64}  #{archive_name}.sig\n#{File.read(sums)}")
    release("file://#{@releases}").download(@target)
    assert_equal File.read(@binary), File.read(@target)
  end

  test "half an answer leaves nothing behind" do
    serve { |path| path.end_with?("SHA256SUMS") ? answer(path) : answer(path).byteslice(0..-40) }
    hang_up_once_asked
    assert_refused(/can't be fetched|is not what/, @location)
    assert_empty files
  end

  test "an archive that is none, though its sum is right, leaves nothing behind" do
    folder = File.join(@releases, "v#{VERSION}")
    File.write(File.join(folder, archive_name), "no archive")
    File.write(File.join(folder, "SHA256SUMS"), "#{Digest::SHA256.hexdigest("no archive")}  #{archive_name}\n")
    assert_refused(/can't be unpacked/, "file://#{@releases}")
    assert_empty files
  end

  test "a place that can't be written to is told, and nothing is left beside it" do
    FileUtils.mkdir_p(@target)
    assert_refused(/bin\/dist\/durable-streams can't be written/, "file://#{@releases}")
    assert_empty files
  end

  test "what is not there is told by its address" do
    assert_refused(%r{v9\.9\.9/durable-streams-9\.9\.9-\S+ can't be fetched}, "file://#{@releases}", "DURABLE_STREAMS_VERSION" => "9.9.9")
    serve { |_path| "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" }
    assert_refused(/404 Not Found/, @location)
    assert_refused(/https, http or file URL/, "ftp://example.com")
    File.write(File.join(@releases, "v#{VERSION}", "SHA256SUMS"), "")
    assert_refused(/does not list/, "file://#{@releases}")
  end

  test "without a location, or on another platform, it says what to do" do
    assert_refused(/DURABLE_STREAMS_RELEASES_URL/, nil)
    stub_const(ServerRelease, :PLATFORMS, %w[riscv64-linux]) do
      assert_refused(/no binaries for #{platform} \(only riscv64-linux\): build the server from source/, "file://#{@releases}")
    end
  end

  test "bin/durable-streams is where an app pins both" do
    File.write(File.join(@root, "bin/durable-streams").tap { |path| FileUtils.mkdir_p(File.dirname(path)) }, <<~RUBY)
      ENV["DURABLE_STREAMS_VERSION"] ||= "1.2.3"
      ENV["DURABLE_STREAMS_RELEASES_URL"] ||= "https://releases.example.com"
    RUBY
    pinned = ServerRelease.new(@root, location: "https://other.example.com")
    assert_equal [ "1.2.3", "https://releases.example.com", true ], [ pinned.version, pinned.location, pinned.pinned? ]
    assert_equal [ VERSION, false ], ServerRelease.new(@releases).then { |other| [ other.version, other.pinned? ] }
  end

  private
    def release(location) = ServerRelease.new(@root, location:)

    def assert_refused(message, location, variables = {})
      ENV.update(variables)
      error = assert_raises(Unavailable) { release(location).download(@target) }
      assert_match message, error.message.tr("\n", " ")
    ensure
      variables.each_key { |name| ENV.delete(name) }
    end

    # Everything under bin/dist.
    def files = Dir[File.join(@root, "bin/dist/**/*")].select { |path| File.file?(path) }

    # The block answers a whole response for a path.
    def serve(&block)
      @location = "http://127.0.0.1:#{fake_server.port}"
      fake_server.answer_with { |request| block.call(request.target) }
    end

    def hang_up_once_asked
      Thread.new do
        eventually { fake_server.requests.any? }
        fake_server.close_connections
      end
    end

    def answer(path)
      body = File.binread(File.join(@releases, path.delete_prefix("/new").delete_prefix("/old")))
      "HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\n\r\n".b + body
    end
end
