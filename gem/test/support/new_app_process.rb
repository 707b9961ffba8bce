# frozen_string_literal: true

require_relative "live_server"
require_relative "new_app"
require_relative "real_server"

# For tests in a default new app that has the gem in its bundle: `@app`, a NewApp.
module NewAppProcess
  extend ActiveSupport::Concern

  include LiveServer
  include RealServer

  included do
    setup do
      require_real_server
      @directory = Dir.mktmpdir("new_app")
      @app = NewApp.copy_to(@directory)
      @app.add_gem
    end

    teardown do
      end_app if @pid
      FileUtils.rm_rf(@directory)
    end
  end

  private
    def rails(*arguments, **options) = @app.run("bin/rails", *arguments, env: { "DURABLE_STREAMS_BIN" => BINARY }, **options)
    def install(*options) = rails("generate", "durable_streams:install", *options)

    def start_app
      @port = free_port
      @log = File.join(@directory, "dev.log")
      env = { "DURABLE_STREAMS_BIN" => BINARY, "PORT" => @port.to_s, "RAILS_ENV" => nil }
      @pid = Bundler.with_unbundled_env do
        Process.spawn(env.merge("BUNDLE_PATH" => NewApp.bundle_path), "bin/dev", chdir: @app.root, out: @log, err: [ :child, :out ])
      end
      eventually(-> { "the app is not up: #{File.read(@log)}" }) { app_up? }
    end

    def app_uri(path) = URI("http://localhost:#{@port}#{path}")
    def app_get(path) = Net::HTTP.get(app_uri(path))

    def app_up?
      Net::HTTP.get_response(app_uri("/up")).code == "200"
    rescue SystemCallError
      false
    end

    def end_app
      Process.kill("TERM", @pid)
      Process.wait(@pid)
      @pid = nil
    end
end
