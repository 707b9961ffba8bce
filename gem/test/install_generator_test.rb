# frozen_string_literal: true

require "test_helper"
require "rails/generators"
require "rails/generators/test_case"
require "generators/durable_streams/install/install_generator"

class InstallGeneratorTest < Rails::Generators::TestCase
  tests DurableStreams::Generators::InstallGenerator
  destination Dir.mktmpdir("install_generator")

  setup do
    prepare_destination
    write "Procfile.dev", "web: bin/rails server"
    write ".gitignore", "/log/*\n"
    write "config/puma.rb", "port 3000\n"
  end

  Minitest.after_run { FileUtils.rm_rf(destination_root) }

  test "it makes the settings, the server's configuration and its command" do
    run_generator

    assert_file "config/initializers/durable_streams.rb", /DURABLE_STREAMS_CLIENT_URL/, /DURABLE_STREAMS_SERVER_URL/, /credentials/
    assert_file "config/durable_streams.yml"
    assert_file "bin/durable-streams", /ServerCommand/
    assert File.executable?(File.join(destination_root, "bin/durable-streams"))
    assert_file "Procfile.dev", "web: bin/rails server\nstreams: bin/durable-streams\n"
    assert_file ".gitignore", "/log/*\n/bin/dist/\n"
    assert_file "config/puma.rb", /^plugin :durable_streams if ENV\["DURABLE_STREAMS_IN_PUMA"\]$/
  end

  test "issuer and audience are the same on both sides, in every environment" do
    run_generator
    yaml = YAML.safe_load_file(File.join(destination_root, "config/durable_streams.yml"), aliases: true)
    initializer = File.read(File.join(destination_root, "config/initializers/durable_streams.rb"))
    issuer = initializer[/token_issuer = "(.*)"/, 1]
    audience = initializer[/token_audience = "(.*)"/, 1]

    %w[development test production].each do |env|
      assert_equal [ issuer, audience ], yaml[env]["auth"].values_at("issuer", "audience")
    end
    assert_equal "dummy", issuer
  end

  test "environments share neither port nor data in development and test" do
    run_generator
    yaml = YAML.safe_load_file(File.join(destination_root, "config/durable_streams.yml"), aliases: true)

    assert_equal [ 4437, 4438 ], yaml.values_at("development", "test").map { |section| section["port"] }
    assert_equal 3, yaml.values_at("development", "test", "production").map { |section| section["storage"]["data_dir"] }.uniq.size
    assert_equal "tmp/durable_streams/verify_key.pem", yaml["development"]["auth"]["verify_key"]
  end

  test "running it again changes nothing" do
    run_generator
    before = snapshot
    run_generator
    assert_equal before, snapshot
  end

  test "what was edited stays" do
    run_generator
    write "config/durable_streams.yml", "mine"
    write "config/initializers/durable_streams.rb", "mine"
    run_generator
    assert_file "config/durable_streams.yml", "mine"
    assert_file "config/initializers/durable_streams.rb", "mine"
  end

  test "a version is pinned in the command" do
    run_generator %w[--version=1.2.3]
    assert_file "bin/durable-streams", /ENV\["DURABLE_STREAMS_VERSION"\] \|\|= "1\.2\.3"/
  end

  test "a version that is none is refused" do
    error = assert_raises(Thor::Error) { generator([], { version: "latest; rm" }).check_version }
    assert_match "X.Y.Z", error.message
  end

  test "without a Procfile Puma runs the server in development" do
    run_generator %w[--skip-procfile]
    assert_file "Procfile.dev", "web: bin/rails server"
    assert_file "config/puma.rb", /plugin :durable_streams if .*"development"/
  end

  test "it needs neither Procfile, .gitignore nor Puma" do
    %w[Procfile.dev .gitignore config/puma.rb].each { |path| File.delete(File.join(destination_root, path)) }
    run_generator
    assert_no_file "Procfile.dev"
    assert_no_file "config/puma.rb"
    assert_file ".gitignore", "/bin/dist/\n"
  end

  test "what it writes is Ruby" do
    run_generator
    %w[config/initializers/durable_streams.rb bin/durable-streams config/puma.rb].each do |path|
      assert RubyVM::InstructionSequence.compile(File.read(File.join(destination_root, path)))
    end
  end

  private
    def write(path, text)
      path = File.join(destination_root, path)
      FileUtils.mkdir_p(File.dirname(path))
      File.write(path, text)
    end

    def snapshot
      Dir.glob("**/*", File::FNM_DOTMATCH, base: destination_root).sort.index_with do |path|
        path = File.join(destination_root, path)
        [ File.stat(path).mode, (File.read(path) if File.file?(path)) ]
      end
    end
end
