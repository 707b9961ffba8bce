require "fileutils"
require "net/http"
require "socket"
require "tmpdir"

# The demo as `bin/demo` serves it: Puma with the stream server as its child, in
# processes of their own, on free ports, with a new database and a new log.
#
# start waits until the app answers; stop ends every process and removes the data.
class RunningDemo
  START_LIMIT = 60 # seconds

  attr_reader :url

  def self.start = new.tap(&:start)

  def initialize
    @folder = Dir.mktmpdir("durable-streams-demo-")
    @port, @stream_port = free_ports(2)
    @url = "http://127.0.0.1:#{@port}"
  end

  def start
    run "bin/rails", "db:prepare"
    @pid = spawn(environment, "bin/rails", "server", "--binding", "127.0.0.1", chdir: Rails.root.to_s, pgroup: true, in: :close, out: log_path, err: [ :child, :out ])
    wait_until("the app answers") { answers? }
  end

  def stop
    Process.kill("TERM", -@pid) if @pid
    wait_until("Puma has ended", limit: 5) { Process.wait(@pid, Process::WNOHANG) }
  rescue Errno::ESRCH, Errno::ECHILD, Timeout::Error
    nil
  ensure
    kill_group
    FileUtils.rm_rf(@folder)
  end

  # Ends the stream server as a power cut would, and returns when its successor runs.
  def kill_stream_server
    victim = stream_server_pid or raise "no stream server runs:\n#{log}"
    Process.kill("KILL", victim)
    victim
  end

  def wait_for_new_stream_server(victim)
    wait_until("the stream server is back") { stream_server_pid.then { |pid| pid && pid != victim } }
  end

  # Asks the app to create a post, as a page would; returns its attributes.
  def create_post(**attributes)
    body = { post: { author: "Test", hue: 100, title: "A post", **attributes } }
    answer = Net::HTTP.post(URI("#{url}/posts"), body.to_json, "Content-Type" => "application/json", "User-Agent" => "Chrome/140.0")
    raise "#{answer.code}: #{answer.body}" unless answer.code == "201"
    JSON.parse(answer.body)
  end

  def log = File.exist?(log_path) ? File.read(log_path) : ""

  private
    def environment
      {
        "RAILS_ENV" => "test",
        "PORT" => @port.to_s,
        "PIDFILE" => "#{@folder}/puma.pid",
        "DATABASE_URL" => "sqlite3:#{@folder}/demo.sqlite3",
        "DURABLE_STREAMS_IN_PUMA" => "1",
        "DURABLE_STREAMS_PORT" => @stream_port.to_s,
        "DURABLE_STREAMS_DATA_DIR" => "#{@folder}/streams",
        "DURABLE_STREAMS_CLIENT_URL" => "http://127.0.0.1:#{@stream_port}/v1/streams",
        "DURABLE_STREAMS_SERVER_URL" => "http://127.0.0.1:#{@stream_port}/v1/streams"
      }
    end

    def run(*command)
      system(environment, *command, chdir: Rails.root.to_s, out: log_path, err: [ :child, :out ]) or raise "#{command.join(" ")} failed:\n#{log}"
    end

    def answers?
      raise "the app ended:\n#{log}" if Process.wait(@pid, Process::WNOHANG)
      Net::HTTP.get_response(URI("#{url}/up")).is_a?(Net::HTTPSuccess)
    rescue SystemCallError, EOFError
      false
    end

    # A child of Puma that runs the server's binary.
    def stream_server_pid
      Dir.glob("/proc/[0-9]*/stat").filter_map do |path|
        pid, name, parent = File.read(path).match(/\A(\d+) \((.*)\) \S (\d+)/).captures
        pid.to_i if parent.to_i == @pid && name.start_with?("durable-stream")
      rescue Errno::ENOENT, Errno::ESRCH
        nil
      end.first
    end

    def kill_group
      Process.kill("KILL", -@pid) if @pid
    rescue Errno::ESRCH, Errno::EPERM
      nil
    end

    def wait_until(what, limit: START_LIMIT)
      deadline = monotonic_now + limit
      until yield
        raise Timeout::Error, "waited in vain until #{what}:\n#{log.lines.last(40).join}" if monotonic_now > deadline
        IO.select(nil, nil, nil, 0.05)
      end
    end

    def monotonic_now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    def log_path = "#{@folder}/demo.log"

    def free_ports(count)
      servers = Array.new(count) { TCPServer.new("127.0.0.1", 0) }
      servers.map { |server| server.addr[1] }
    ensure
      servers&.each(&:close)
    end
end
