# frozen_string_literal: true

require_relative "load"
require_relative "report"
require_relative "servers"
require_relative "settings"

module Bench
  # A question put to several servers. Subclasses stand in workloads/, one a file,
  # and implement `run`, which calls `row` for each line of the table.
  class Workload
    class << self
      # Names on the command line, in the order in which they run.
      def all = @all ||= {}

      def named(name)
        Workload.all[name] = self
        @workload_name = name
      end

      attr_reader :workload_name
    end

    # `report` is called with each Row as soon as it is known.
    def initialize(settings, &report)
      @settings = settings
      @load = Load.new(settings)
      @report = report
    end

    private
      attr_reader :settings, :load

      def log = OwnServer.new("log", settings)
      def memory = OwnServer.new("memory", settings)
      def node = NodeServer.new(settings)
      def http_alone = HttpAlone.new(settings)
      def bare_fanout = BareFanout.new(settings)
      def nginx = Nginx.new(settings)

      # Starts `server`, yields it, and makes its failure a row instead of the end
      # of the run.
      def on(server, &block)
        server.with(&block)
      rescue Failure, SystemCallError, Timeout::Error, EOFError => error
        row(server: server.name, errors: [error.message.lines.first.to_s.strip])
      end

      def row(title: self.class.workload_name, **columns)
        Row.new(workload: title, **columns).tap(&@report)
      end

      # A row of what wrk measured.
      def request_row(server, operation, window, errors: [], **columns)
        row(server: server.name, operation: operation, rate: window.rate("requests"),
          cpu_us: window.cpu_us_per(window["requests"]), busy: window.server_busy, p50_us: window["p50_us"],
          p99_us: window["p99_us"], errors: [*window.errors, *errors], **columns)
      end

      def aim(words, value, most)
        "aim #{words}: #{value <= most ? "met" : "MISSED"}"
      end
  end
end
