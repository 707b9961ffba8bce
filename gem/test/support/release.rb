# frozen_string_literal: true

# Runs the Rake tasks that make gems and releases, in a copy of the gem's source.
module ReleaseTasks
  GEM_ROOT = File.expand_path("../..", __dir__)

  private
    # The copy; its pkg/ is where gems come out.
    def source
      @source ||= File.join(Dir.mktmpdir("release"), "gem").tap do |directory|
        FileUtils.mkdir_p(directory)
        paths = %w[app config exe gemfiles lib rakelib CHANGELOG.md Gemfile LICENSE README.md Rakefile durable_streams-rails.gemspec]
        FileUtils.cp_r(paths.map { |path| File.join(GEM_ROOT, path) }, directory)
      end
    end

    # `binaries`: platform => path.
    def rake(task, binaries, **env)
      env = { "BUNDLE_GEMFILE" => Bundler.default_gemfile.to_s, "BINARIES" => binaries.map { |pair| pair.join("=") }.join(" ") }.merge(env.transform_keys(&:to_s))
      out, status = Open3.capture2e(env, "bundle", "exec", "rake", task, chdir: source)
      [ out, status ]
    end

    # A release of `binary` for this machine; answers its location.
    def make_release(binary)
      out, status = rake("release:bundle", { platform => binary }, OUT: File.join(source, "releases"))
      assert status.success?, out
      File.join(source, "releases")
    end

    def platform = DurableStreams::Rails::ServerRelease.platform
    def archive_name(version = DurableStreams::Rails::VERSION) = DurableStreams::Rails::ServerRelease.archive_name(version)

    def after_teardown
      super
    ensure
      FileUtils.rm_rf(File.dirname(@source)) if @source
    end
end
