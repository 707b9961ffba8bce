# frozen_string_literal: true

require "open3"

# Runs commands in a copy of the dummy app, as a user would.
module DummyProcess
  DUMMY = File.expand_path("../dummy", __dir__)
  GEMFILE = Bundler.default_gemfile.to_s

  private
    def app
      @app ||= Dir.mktmpdir("dummy").tap do |directory|
        FileUtils.cp_r(%w[Rakefile app bin config].map { |path| File.join(DUMMY, path) }, directory)
        # Not the database's files: opening and closing them drops this process's locks on them, and with
        # other processes writing that breaks the database.
        FileUtils.mkdir(File.join(directory, "db"))
        FileUtils.cp(File.join(DUMMY, "db/schema.rb"), File.join(directory, "db"))
      end
    end

    def write_file(path, text)
      path = File.join(app, path)
      FileUtils.mkdir_p(File.dirname(path))
      File.write(path, text)
    end

    # [output of both kinds, status]
    def run_in_app(*command, **env)
      Open3.capture2e(environment(env), *command, chdir: app)
    end

    def environment(env)
      { "BUNDLE_GEMFILE" => GEMFILE, "RAILS_ENV" => "development", "RACK_ENV" => nil, "DURABLE_STREAMS_BIN" => nil,
        "DURABLE_STREAMS_CONFIG" => nil }.merge(env.transform_keys(&:to_s))
    end

    def after_teardown
      super
    ensure
      FileUtils.rm_rf(@app) if @app
    end
end
