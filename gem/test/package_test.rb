# frozen_string_literal: true

require "test_helper"

# The gems that `rake package` makes, installed where there is none but those they depend on.
class PackageTest < ActiveSupport::TestCase
  include LiveServer
  include RealServer
  include ReleaseTasks

  setup do
    require_real_server
    @home = Dir.mktmpdir("gem_home")
  end

  teardown { FileUtils.rm_rf(@home) }

  test "the platform's gem carries the binary, the other one says where it is" do
    out, status = rake("package", { platform => BINARY })
    assert status.success?, out
    version = DurableStreams::Rails::VERSION
    assert_equal [ "durable_streams-rails-#{version}-#{platform}.gem", "durable_streams-rails-#{version}.gem" ].sort,
      Dir.children(File.join(source, "pkg")).sort
    assert_equal [ "durable-streams" ], Dir.children(File.join(source, "exe")), "nothing is left in the source"

    install "durable_streams-rails-#{version}-#{platform}.gem"
    out, status = run_installed("--version")
    assert_equal [ version, true ], [ out.chomp, status.success? ]
    assert_serves

    run_gem("uninstall", "durable_streams-rails", "--executables", "--force")
    install "durable_streams-rails-#{version}.gem"
    out, status = run_installed("--version")
    assert_equal [ 1, true ], [ status.exitstatus, out.include?("carries no durable-streams binary for #{platform}") ], out
    assert_match "bundle lock --add-platform", out
  end

  test "a binary for a platform that there is none for is refused" do
    out, status = rake("package", { "riscv64-linux" => BINARY })
    assert_not status.success?
    assert_match "riscv64-linux is none of", out
  end

  private
    def install(file)
      out, status = run_gem("install", "--local", "--ignore-dependencies", "--no-document", File.join(source, "pkg", file))
      assert status.success?, out
    end

    def run_gem(*arguments) = run_alone(Gem.ruby, "-S", "gem", *arguments)

    # As a user's shell runs it.
    def run_installed(*arguments) = run_alone(File.join(@home, "bin/durable-streams"), *arguments)

    def run_alone(*command)
      Bundler.with_unbundled_env { Open3.capture2e(installed_environment, *command) }
    end

    def installed_environment
      { "GEM_HOME" => @home, "GEM_PATH" => [ @home, Bundler.bundle_path ].join(File::PATH_SEPARATOR), "RUBYOPT" => nil, "DURABLE_STREAMS_BIN" => nil }
    end

    def assert_serves
      @port = free_port
      log = File.join(@home, "server.log")
      @server_pid = Bundler.with_unbundled_env do
        Process.spawn(installed_environment, File.join(@home, "bin/durable-streams"), "server", "--engine", "memory",
          "--port", @port.to_s, out: log, err: [ :child, :out ])
      end
      @log = log
      assert eventually(-> { "the server is not up: #{File.read(log)}" }) { up? }
      kill_server("TERM")
    end
end
