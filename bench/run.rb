# frozen_string_literal: true

# Runs workloads and prints their table; bin/bench calls it with what it built.
# `ruby bench/run.rb --help` lists the options.

require "optparse"
require_relative "lib/workload"
%w[append sse_fanout sse_idle read_small read_pages lone_append create million_streams tidying].each { |name| require_relative "workloads/#{name}" }

module Bench
  class Command
    def initialize(arguments)
      @options = { seconds: 5, idle_seconds: 30, streams: 1_000_000, first_port: 25_000, temporary_folder: ENV["TMPDIR"] || "/var/tmp" }
      @names = parser.parse(arguments)
      unknown = @names - Workload.all.keys
      abort "no workload #{unknown.join(", ")}; there are #{Workload.all.keys.join(", ")}" if unknown.any?
      @names = Workload.all.keys if @names.empty?
    end

    # Whether our own server's rows are free of errors. A missed aim is none, and
    # rivals' errors are theirs.
    def run
      out = @options.delete(:out)
      settings = Settings.new(**@options)
      raise_open_files
      report = Report.new(Machine.description(settings, version(settings)))
      rows = measure(settings)
      puts report.to_s(rows)
      File.write(out, report.to_s(rows)) if out
      rows.none? { |row| row.errors? && row.server.start_with?(*OwnServer::ENGINES) }
    end

    private
      def parser
        OptionParser.new do |option|
          option.banner = "usage: bin/bench [options] [#{Workload.all.keys.join("|")} ...]"
          option.on("--out FILE", "also write the table to FILE") { @options[:out] = _1 }
          option.on("--seconds N", Integer, "length of a point (5)") { @options[:seconds] = _1 }
          option.on("--idle-seconds N", Integer, "how long idle readers are watched (30)") { @options[:idle_seconds] = _1 }
          option.on("--streams N", Integer, "of million_streams (1000000)") { @options[:streams] = _1 }
          option.on("--server FILE", "the server's binary (build/release/durable-streams)") { @options[:binary] = _1 }
          option.on("--clients FOLDER", "folder of the load clients") { @options[:clients_folder] = _1 }
          option.on("--node FOLDER", "folder of the Node server") { @options[:node_folder] = _1 }
          option.on("--data FOLDER", "where data directories are made (TMPDIR, else /var/tmp)") { @options[:temporary_folder] = _1 }
          option.on("--first-port N", Integer, "ports from here on are used (25000)") { @options[:first_port] = _1 }
        end
      end

      def measure(settings)
        @names.flat_map do |name|
          rows = []
          Workload.all.fetch(name).new(settings) do |row|
            rows << row
            warn row.cells.reject(&:empty?).join(" | ")
          end.run
          rows
        end
      end

      # Servers inherit it: they must hold thousands of connections.
      def raise_open_files
        hard = Process.getrlimit(:NOFILE).last
        Process.setrlimit(:NOFILE, [20_000, hard].min, hard)
      end

      def version(settings)
        File.executable?(settings.binary) || raise(Failure, "no server at #{settings.binary}")
        `#{settings.binary} --version`.lines.first.to_s.strip.then { _1.empty? ? "durable-streams" : _1 }
      end
  end
end

begin
  exit Bench::Command.new(ARGV).run
rescue Bench::Failure => error
  abort "bench: #{error.message}"
end
