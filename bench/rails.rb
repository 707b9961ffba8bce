# frozen_string_literal: true

# What a broadcast costs a Rails app, and how soon it arrives: this gem beside Action Cable with its
# adapters, in one run. `bin/bench rails` calls it; `--help` lists the options.

require "optparse"
require_relative "lib/measured_process"
require_relative "lib/servers"
require_relative "lib/settings"
require_relative "lib/report"
require_relative "lib/table"
require_relative "rails/contender"

module RailsBench
  class Command
    BROADCAST = [ "a broadcast", "call p50 ms", "p99", "caller's CPU ms", "all CPU ms", "p50 with a reader", "p99", "arrives p50 ms",
      "p99", "arrived" ].freeze
    SIGNATURE = [ "a signature", "p50 ms", "p99", "CPU ms" ].freeze
    SIGNATURES = { "verifier" => "Turbo's signed stream name (HMAC)", "sign" => "signed_stream_url, a new token",
      "sign_again" => "signed_stream_url, the same again" }.freeze

    def initialize(arguments)
      @options = { calls: 1000, paced: 200, pause: 0.02, first_port: 24_800, temporary_folder: ENV["TMPDIR"] || "/var/tmp" }
      parser.parse!(arguments)
      @settings = Bench::Settings.new(binary: @options.fetch(:binary), clients_folder: nil, node_folder: nil,
        temporary_folder: @options[:temporary_folder], seconds: nil, idle_seconds: nil, streams: nil, first_port: @options[:first_port],
        apart: false)
    end

    # Milliseconds, p50.
    AIMS = { "durable streams, TCP" => 0.25, "durable streams, Unix socket" => 0.25,
      "signed_stream_url, a new token" => 0.06 }.freeze

    def run
      puts "#{Time.now.utc.strftime("%Y-%m-%d %H:%M UTC")}, Ruby #{RUBY_VERSION}#{" with YJIT" if defined?(RubyVM::YJIT)}, #{Bench::Machine.cpu}, #{Bench::Machine.file_system(@settings)}. " \
           "#{@options[:calls]} calls back to back, without and with a reader; #{@options[:paced]} of #{@options[:pause] * 1000} ms apart.", ""
      rows = contenders.map { |contender| broadcasts(contender) }
      puts Bench::Table.new(BROADCAST).to_s(rows), "", Bench::Table.new(SIGNATURE).to_s(@signatures), ""
      puts aims(rows + @signatures)
    end

    private
      def parser
        OptionParser.new do |option|
          option.banner = "usage: bin/bench rails [options]"
          option.on("--server FILE", "the server's binary") { @options[:binary] = _1 }
          option.on("--calls N", Integer, "calls back to back (1000)") { @options[:calls] = _1 }
          option.on("--paced N", Integer, "calls with pauses (200)") { @options[:paced] = _1 }
          option.on("--data FOLDER", "where data directories are made (TMPDIR, else /var/tmp)") { @options[:temporary_folder] = _1 }
          option.on("--first-port N", Integer, "ports from here on are used (24800)") { @options[:first_port] = _1 }
        end
      end

      def contenders
        [ Contender.new("Action Cable, async (this process alone)", @settings, via: "cable", cable: "async"),
          Contender.new("Action Cable, Solid Cable (SQLite)", @settings, via: "cable", cable: "solid_cable"),
          StreamsContender.new("a bare append, TCP (the floor)", @settings, via: "bare"),
          StreamsContender.new("durable streams, TCP", @settings),
          StreamsContender.new("a bare append, Unix socket (the floor)", @settings, via: "bare", unix: true),
          StreamsContender.new("durable streams, Unix socket", @settings, unix: true) ]
      end

      def aims(rows)
        AIMS.map do |name, most|
          p50 = rows.assoc(name)[1]
          "#{name}: aim p50 at most #{most} ms: #{p50.to_f <= most ? "met" : "MISSED"}"
        end
      end

      # A row of the first table.
      def broadcasts(contender)
        contender.with do
          subscriber = contender.subscriber
          warm_up(contender, subscriber)
          contender.measure(@options[:paced], pause: @options[:pause]) { subscriber.wait_for(@options[:paced]) }
          delays = subscriber.delays
          subscriber.forget
          flat_out = contender.measure(@options[:calls]) { subscriber.wait_for(@options[:calls]) }
          arrived = subscriber.delays.size
          subscriber.stop
          alone = contender.measure(@options[:calls])
          @signatures ||= signatures(contender) if contender.is_a?(StreamsContender)
          [ contender.name, *percentiles(alone[:times], 1000), ms(alone[:cpu] / 1000), ms(alone[:all_cpu] / 1000),
            *percentiles(flat_out[:times], 1000), *percentiles(delays), "#{arrived + delays.size} of #{@options[:calls] + @options[:paced]}" ]
        end
      end

      def warm_up(contender, subscriber)
        contender.measure(200) { subscriber.wait_for(200) }
        subscriber.forget
      end

      def signatures(contender)
        SIGNATURES.map do |via, words|
          contender.measure(200, via:)
          result = contender.measure(@options[:calls], via:)
          [ words, *percentiles(result[:times], 1000), ms(result[:cpu] / 1000) ]
        end
      end

      def percentiles(values, divisor = 1)
        sorted = values.sort
        [ 0.5, 0.99 ].map { |share| sorted.empty? ? "-" : ms(sorted[(sorted.size * share).floor] / divisor) }
      end

      def ms(value) = format("%.3f", value)
  end
end

begin
  RailsBench::Command.new(ARGV).run
rescue Bench::Failure => error
  abort "bench: #{error.message}"
end
