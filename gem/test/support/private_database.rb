# frozen_string_literal: true

require "fileutils"
require "socket"
require "tmpdir"

# A database server of the tests' own: in a temporary directory, on a port of its own, run by an
# unprivileged user (servers refuse root), and gone with the block.
#
#   PrivateDatabase::Postgresql.new.run { |url| ... }  # => postgresql://tests@127.0.0.1:23000/tests
#
# Errors: PrivateDatabase::Missing without the programs; RuntimeError with the server's log if it
# does not come up.
class PrivateDatabase
  PORTS = (23_000..23_499)
  START_SECONDS_MAX = 60

  class Missing < StandardError; end

  def run
    Dir.mktmpdir("private_database") do |directory|
      @directory = directory
      FileUtils.chown(user, nil, directory) if Process.uid.zero?
      prepare
      start
      yield url
    ensure
      stop
    end
  end

  private
    attr_reader :directory

    def port
      @port ||= PORTS.to_a.shuffle.find { |port| TCPServer.open("127.0.0.1", port).close || true rescue false }
    end

    def data = File.join(directory, "data")
    def log = File.join(directory, "log")

    # The command that changes to the unprivileged user, if need be.
    def as_user
      Process.uid.zero? ? [ "setpriv", "--reuid=#{user}", "--regid=#{user}", "--clear-groups", "--" ] : []
    end

    def run!(*command)
      system(*as_user, *command, chdir: directory, out: [ log, "a" ], err: [ :child, :out ]) or
        raise "#{command.first} failed: #{File.read(log)}"
    end

    def start
      @pid = Process.spawn(*as_user, *server_command, chdir: directory, out: [ log, "a" ], err: [ :child, :out ])
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + START_SECONDS_MAX
      until ready?
        if Process.wait(@pid, Process::WNOHANG) || Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
          raise "#{self.class.name} does not come up: #{File.read(log)}"
        end
        sleep 0.05
      end
    end

    def stop
      return unless @pid

      Process.kill(stop_signal, @pid)
      Process.wait(@pid)
    rescue Errno::ESRCH, Errno::ECHILD
      nil
    end

    def program(name, *directories)
      [ *directories, *ENV["PATH"].split(":") ].map { |directory| File.join(directory, name) }.find { |path| File.executable?(path) } or
        raise Missing, "#{name} is not installed"
    end

    class Postgresql < PrivateDatabase
      def url = "postgresql://tests@127.0.0.1:#{port}/tests"

      private
        def user = "postgres"
        def stop_signal = :INT
        def binary(name) = program(name, *Dir["/usr/lib/postgresql/*/bin"].sort.reverse)

        # What the tests kill is the app, not the database: it need not sync.
        def prepare
          run!(binary("initdb"), "-D", data, "-U", "tests", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        end

        def server_command
          [ binary("postgres"), "-D", data, "-p", port.to_s, "-c", "listen_addresses=127.0.0.1", "-k", directory,
            "-c", "fsync=off", "-c", "timezone=Asia/Tokyo" ]
        end

        def ready?
          system(*as_user, binary("createdb"), "-h", "127.0.0.1", "-p", port.to_s, "-U", "tests", "tests", out: File::NULL, err: File::NULL)
        end
    end

    class Mariadb < PrivateDatabase
      def url = "trilogy://root@127.0.0.1:#{port}/tests"

      private
        def user = "mysql"
        def stop_signal = :TERM

        def prepare
          run!(program("mariadb-install-db", "/usr/bin"), "--no-defaults", "--datadir=#{data}", "--auth-root-authentication-method=normal", "--skip-test-db")
        end

        def server_command
          [ program("mariadbd", "/usr/sbin"), "--no-defaults", "--datadir=#{data}", "--port=#{port}", "--bind-address=127.0.0.1",
            "--socket=#{directory}/socket", "--pid-file=#{directory}/pid", "--innodb-flush-log-at-trx-commit=0",
            "--character-set-server=utf8mb4", "--default-time-zone=+09:00" ]
        end

        def ready?
          system(program("mariadb", "/usr/bin"), "--no-defaults", "-h", "127.0.0.1", "-P", port.to_s, "-u", "root", "-e", "CREATE DATABASE IF NOT EXISTS tests",
            out: File::NULL, err: File::NULL)
        end
    end
end
