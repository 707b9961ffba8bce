# frozen_string_literal: true

require "digest"
require "open3"

# A default new app, as `rails new` of this bundle's Rails makes it, with git. Making one takes a minute,
# so a finished one is kept in the cache and copied. What differs from a user's own: gems come from the
# bundle's folder where they can, and this gem from its source.
class NewApp
  GEM_ROOT = File.expand_path("../..", __dir__)
  CACHE = File.join(ENV["XDG_CACHE_HOME"] || File.join(Dir.home, ".cache"), "durable-streams", "apps")
  NAME = "blog"
  # What `rails new` runs once the gems are there.
  INSTALLERS = %w[importmap:install turbo:install stimulus:install solid_cache:install solid_queue:install solid_cable:install].freeze

  class Failed < StandardError; end

  attr_reader :root

  # In a directory of its own, which the caller deletes.
  def self.copy_to(directory)
    FileUtils.cp_r(finished, directory, preserve: true)
    new(File.join(directory, NAME))
  end

  # The app in the cache, made by the first process that needs it.
  def self.finished
    key = "rails-#{Rails::VERSION::STRING}-#{RUBY_VERSION}-#{Digest::SHA256.file(__FILE__).hexdigest.first(8)}"
    folder = File.join(CACHE, key)
    FileUtils.mkdir_p(folder)
    File.open(File.join(folder, ".lock"), File::RDWR | File::CREAT) do |lock|
      lock.flock(File::LOCK_EX)
      app = File.join(folder, NAME)
      make(app) unless File.exist?(File.join(folder, ".finished"))
      FileUtils.touch(File.join(folder, ".finished"))
      app
    end
  end

  def self.make(app)
    FileUtils.rm_rf(app)
    run_in(GEM_ROOT, "bundle", "exec", "rails", "new", app, "--skip-bundle", env: { "BUNDLE_GEMFILE" => Bundler.default_gemfile.to_s })
    new(app).instance_eval do
      edit("Gemfile") do |text|
        text.sub(/^source .*/, "source #{Gem.sources.first.uri.to_s.inspect}").sub(/^gem "rails".*/, "gem \"rails\", #{Rails::VERSION::STRING.inspect}")
      end
      # A new Rails 8.0 app gets json 3, with which Rails 8.0 can't encode.
      edit("Gemfile") { |text| "#{text}\ngem \"json\", #{Gem.loaded_specs["json"].version.to_s.inspect}\n" } if Rails::VERSION::STRING.start_with?("8.0")
      run("bundle", "install", "--prefer-local", "--quiet")
      INSTALLERS.each { |task| run("bin/rails", task) }
      FileUtils.rm_rf(path("tmp/cache"))
      commit("new")
    end
  end

  # Where this process' gems are. nil: where RubyGems has them.
  def self.bundle_path = Bundler.settings[:path]

  # Outside of this process' bundle. Answers the output of both kinds.
  #
  # Errors: Failed with the output, unless `status:` is another one.
  def self.run_in(directory, *command, env: {}, status: 0)
    out, ended = Bundler.with_unbundled_env do
      Open3.capture2e({ "RAILS_ENV" => nil, "RACK_ENV" => nil, "BUNDLE_PATH" => bundle_path }.merge(env), *command, chdir: directory)
    end
    raise Failed, "#{command.join(" ")} ended with #{ended}: #{out}" unless ended.exitstatus == status
    out
  end

  def initialize(root)
    @root = root
  end

  def path(name) = File.join(@root, name)

  def write(name, text)
    FileUtils.mkdir_p(File.dirname(path(name)))
    File.write(path(name), text)
  end

  def edit(name) = File.write(path(name), yield(File.read(path(name))))

  def run(...) = self.class.run_in(@root, ...)

  def add_gem
    edit("Gemfile") { |text| "#{text}\ngem \"durable_streams-rails\", path: #{GEM_ROOT.inspect}\n" }
    run("bundle", "install", "--local", "--quiet")
    commit("gem")
  end

  def commit(message)
    run("git", "add", "--all")
    run("git", "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", message)
  end

  # What git sees changed or new since the last commit.
  def changes = run("git", "status", "--porcelain", "--untracked-files=all").lines.map(&:chomp)
end
