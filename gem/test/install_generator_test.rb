# frozen_string_literal: true

require "test_helper"
require "rails/generators"
require "rails/generators/test_case"
require "generators/durable_streams/install/install_generator"

class InstallGeneratorTest < Rails::Generators::TestCase
  include Processes

  tests DurableStreams::Generators::InstallGenerator
  destination Dir.mktmpdir("install_generator")

  setup { prepare }

  Minitest.after_run { FileUtils.rm_rf(destination_root) }

  test "it makes the settings, the server's configuration and its command" do
    run_generator

    assert_file "config/initializers/durable_streams.rb", /DURABLE_STREAMS_CLIENT_URL/, /DURABLE_STREAMS_SERVER_URL/, /credentials/
    assert_file "config/durable_streams.yml"
    assert_file "bin/durable-streams", /ServerCommand/
    assert File.executable?(File.join(destination_root, "bin/durable-streams"))
    assert_file "Procfile.dev", "web: bin/rails server\nstreams: bin/durable-streams"
    assert_file ".gitignore", "/log/*\n/bin/dist/\n"
    assert_file "config/puma.rb", /\Aport 3000\n\n#.*^plugin :durable_streams unless streams_in_puma == "0"$/m
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
    assert_equal [ "127.0.0.1", "127.0.0.1", nil ], yaml.values_at("development", "test", "production").map { |section| section["bind"] }
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

  test "a command that runs the published gem's server is replaced, its settings stay" do
    write "bin/durable-streams", "#!/usr/bin/env bash\nexec ruby -r durable_streams/rails/server_config -e 1\n"
    write "config/durable_streams.yml", "theirs"
    run_generator
    assert_file "bin/durable-streams", /ServerCommand/
    assert File.executable?(in_root("bin/durable-streams"))
    assert_file "config/durable_streams.yml", "theirs"

    write "bin/durable-streams", "mine"
    run_generator
    assert_file "bin/durable-streams", "mine"
  end

  test "a version is pinned in the command" do
    run_generator %w[--version=1.2.3]
    assert_file "bin/durable-streams", /ENV\["DURABLE_STREAMS_VERSION"\] \|\|= "1\.2\.3"/
  end

  test "a version is pinned in the command of an app that is set up already, once that is allowed" do
    run_generator
    generator([], { version: "1.2.3" }).tap do |generator|
      asked = []
      generator.shell.define_singleton_method(:file_collision) { |path| asked << path }
      capture(:stdout) { generator.invoke_all }
      assert_equal [ in_root("bin/durable-streams") ], asked
    end
    assert_file "bin/durable-streams", /"1\.2\.3"/
    assert File.executable?(in_root("bin/durable-streams"))
  end

  test "with --pretend nothing is written" do
    before = snapshot
    run_generator %w[--pretend]
    assert_equal before, snapshot
  end

  test "what is there already in other words is not added, and what is a comment does not count" do
    %w[bin/dist bin/dist/ /bin/dist].each do |ignored|
      write ".gitignore", "#{ignored}\n"
      run_generator
      assert_file ".gitignore", "#{ignored}\n"
    end
    write "Procfile.dev", "streams: bundle exec bin/durable-streams\n"
    write "config/puma.rb", "  plugin :durable_streams if true\n"
    run_generator
    assert_file "Procfile.dev", "streams: bundle exec bin/durable-streams\n"
    assert_file "config/puma.rb", "  plugin :durable_streams if true\n"

    write "config/puma.rb", "# plugin :durable_streams\n"
    run_generator
    assert_file "config/puma.rb", /^plugin :durable_streams unless/
  end

  test "without a binary it says so, and what helps" do
    with_environment("DURABLE_STREAMS_BIN" => in_root("nothing")) do
      assert_match "DURABLE_STREAMS_BIN names no executable file: #{in_root("nothing")}", run_generator
    end
  end

  test "a version that is none is refused" do
    error = assert_raises(Thor::Error) { generator([], { version: "latest; rm" }).check_version }
    assert_match "X.Y.Z", error.message
  end

  test "where bin/dev runs a Procfile, its entry runs the server, and Puma when asked" do
    out = run_generator
    assert_equal({ nil => false, "0" => false, "1" => true }, puma_runs_it("development"))
    assert_match "Procfile.dev runs the stream server", out
  end

  test "whatever runs the Procfile" do
    [ "overmind start -f dev.procfile", "hivemind", "goreman -f Procfile.dev start" ].each do |runner|
      prepare
      write "bin/dev", "exec #{runner}\n"
      run_generator
      assert_equal false, puma_runs_it("development")[nil], runner
    end
  end

  test "where bin/dev runs Puma alone, as in a new app, Puma runs the server in development" do
    new_app
    out = run_generator
    assert_equal({ nil => true, "0" => false, "1" => true }, puma_runs_it("development"))
    assert_equal({ nil => false, "0" => false, "1" => true }, puma_runs_it("production"))
    assert_file "bin/dev", "exec bin/rails server\n"
    assert_match "Puma runs the stream server", out
  end

  test "a Procfile.dev that is made here has both, each once" do
    new_app
    run_generator
    assert_file "Procfile.dev", /^web: env DURABLE_STREAMS_IN_PUMA=0 bin\/rails server\nstreams: bin\/durable-streams$/
    assert_no_match(/^\w+:.*\w+:/, File.read(in_root("Procfile.dev")).lines.first, "foreman takes it for an entry")
  end

  test "an app without bin/dev gets one that works" do
    new_app
    File.delete(in_root("bin/dev"))
    run_generator
    assert_file "bin/dev", %r{^exec "./bin/rails", "server", \*ARGV$}
    assert File.executable?(in_root("bin/dev"))
    assert_equal true, puma_runs_it("development")[nil]
  end

  test "an app with a Procfile, but without bin/dev, gets one that runs it" do
    File.delete(in_root("bin/dev"))
    run_generator
    assert_file "bin/dev", /^exec foreman start -f Procfile.dev/
    assert_equal false, puma_runs_it("development")[nil]
  end

  test "a Procfile can be left alone: Puma runs the server in development" do
    run_generator %w[--skip-procfile]
    assert_file "Procfile.dev", "web: bin/rails server"
    assert_equal true, puma_runs_it("development")[nil]
  end

  test "it needs neither Procfile, .gitignore nor Puma" do
    %w[Procfile.dev .gitignore config/puma.rb].each { |path| File.delete(in_root(path)) }
    out = run_generator %w[--skip-procfile]
    assert_no_file "Procfile.dev"
    assert_no_file "config/puma.rb"
    assert_file ".gitignore", "/bin/dist/\n"
    assert_match "Start the app with bin/dev, and the stream server beside it with bin/durable-streams.", out
  end

  test "destroy takes out what it put in, and nothing else" do
    { "a new app" => -> { new_app }, "one with a Procfile" => -> { },
      "one without bin/dev" => -> { File.delete(in_root("bin/dev")) },
      "one with nothing" => -> { %w[Procfile.dev .gitignore config/puma.rb bin/dev].each { |path| File.delete(in_root(path)) } },
      "files without a last newline" => -> { write ".gitignore", "/log/*" } }.each do |name, change|
      prepare
      change.call
      before = files
      run_generator
      assert_not_equal before, files
      run_generator([], behavior: :revoke)
      assert_equal before, files, name
    end
  end

  test "destroy leaves lines that came later" do
    run_generator
    %w[.gitignore config/puma.rb Procfile.dev].each { |path| File.write(in_root(path), "#{File.read(in_root(path)).chomp}\n# later\n") }
    run_generator([], behavior: :revoke)
    assert_file ".gitignore", "/log/*\n# later\n"
    assert_file "config/puma.rb", "port 3000\n# later\n"
    assert_file "Procfile.dev", "web: bin/rails server\n# later\n"
  end

  test "what it writes is Ruby" do
    run_generator
    %w[config/initializers/durable_streams.rb bin/durable-streams config/puma.rb].each do |path|
      assert RubyVM::InstructionSequence.compile(File.read(File.join(destination_root, path)))
    end
  end

  private
    def prepare
      prepare_destination
      write "Procfile.dev", "web: bin/rails server"
      write "bin/dev", "exec foreman start -f Procfile.dev\n"
      write ".gitignore", "/log/*\n"
      write "config/puma.rb", "port 3000\n"
    end

    # As `rails new` makes it.
    def new_app
      File.delete(in_root("Procfile.dev"))
      write "bin/dev", "exec bin/rails server\n"
    end

    # By the value of DURABLE_STREAMS_IN_PUMA.
    def puma_runs_it(env)
      [ nil, "0", "1" ].index_with do |value|
        plugins = []
        config = Object.new
        config.define_singleton_method(:port) { |_| }
        config.define_singleton_method(:plugin) { |name| plugins << name }
        with_environment("RAILS_ENV" => env, "DURABLE_STREAMS_IN_PUMA" => value) do
          config.instance_eval(File.read(in_root("config/puma.rb")))
        end
        plugins == [ :durable_streams ]
      end
    end

    def in_root(path) = File.join(destination_root, path)

    def files = snapshot.select { |path, _| File.file?(in_root(path)) }

    def write(path, text)
      path = in_root(path)
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
