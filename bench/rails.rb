# frozen_string_literal: true

# What a broadcast costs a Rails app, and how soon it arrives: this gem beside Action Cable with its
# adapters, in one run. `bin/bench rails` calls it; `--help` lists the options.

require "optparse"
require_relative "lib/measured_process"
require_relative "lib/servers"
require_relative "lib/settings"
require_relative "lib/report"
require_relative "lib/table"
require_relative "rails/broadcasts"
require_relative "rails/contender"
require_relative "rails/signatures"

module RailsBench
  class Command
    ROUNDS = 5
    SIGNATURES = { "verifier" => "Turbo's signed stream name (HMAC)", "sign" => "signed_stream_url, a new token",
      "sign_again" => "signed_stream_url, the same again" }.freeze
    # Milliseconds, p50.
    AIMS = { "durable streams, TCP" => 0.25, "durable streams, Unix socket" => 0.25,
      "signed_stream_url, a new token" => 0.06 }.freeze
    # The aim for a broadcast beside what the published gem took when it was set.
    PUBLISHED = "the published gem 0.10.0, TCP"
    PUBLISHED_SHARE = 0.25 / 0.59

    def initialize(arguments)
      @options = { calls: 1000, paced: 200, pause: 0.02, first_port: 24_800, temporary_folder: ENV["TMPDIR"] || "/var/tmp" }
      parser.parse!(arguments)
      @settings = Bench::Settings.new(binary: @options.fetch(:binary), clients_folder: nil, node_folder: nil,
        temporary_folder: @options[:temporary_folder], seconds: nil, idle_seconds: nil, streams: nil, first_port: @options[:first_port],
        apart: false)
    end

    def run
      puts "#{Time.now.utc.strftime("%Y-%m-%d %H:%M UTC")}, Ruby #{RUBY_VERSION}#{" with YJIT" if defined?(RubyVM::YJIT)}, #{Bench::Machine.cpu}, #{Bench::Machine.file_system(@settings)}. " \
           "#{@options[:calls]} calls back to back, without and with a reader; #{@options[:paced]} of #{@options[:pause] * 1000} ms apart; " \
           "in #{ROUNDS} rounds.", ""
      running(contenders) do |apps|
        broadcasts = apps.to_h { |app| [ app.name, Broadcasts.new(app) ] }
        signatures = SIGNATURES.to_h { |via, name| [ name, Signatures.new(apps.last, name, via) ] }
        measure([ *broadcasts.values, *signatures.values ])
        puts table(broadcasts), "", table(signatures), "", aims(broadcasts, signatures), shares(broadcasts)
      end
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
          PublishedContender.new(PUBLISHED, @settings),
          StreamsContender.new("a bare append, TCP (the floor)", @settings, via: "bare"),
          StreamsContender.new("durable streams, TCP", @settings),
          StreamsContender.new("a bare append, Unix socket (the floor)", @settings, via: "bare", unix: true),
          StreamsContender.new("durable streams, Unix socket", @settings, unix: true) ]
      end

      # All of them at once; who is not measured has nothing to do.
      def running(waiting, up = [], &block)
        return yield up if waiting.empty?

        first, *rest = waiting
        first.with { running(rest, [ *up, first ], &block) }
      end

      def measure(series)
        series.each(&:warm_up)
        round = { calls: @options[:calls] / ROUNDS, paced: @options[:paced] / ROUNDS, pause: @options[:pause] }
        ROUNDS.times { series.each { |one| one.round(**round) } }
      end

      def table(series) = Bench::Table.new(series.values.first.class::COLUMNS).to_s(series.values.map(&:row))

      def aims(broadcasts, signatures)
        AIMS.map do |name, most|
          p50 = broadcasts.merge(signatures).fetch(name).p50
          "#{name}: aim p50 at most #{most} ms: #{p50 <= most ? "met" : "MISSED"}"
        end
      end

      def shares(broadcasts)
        published = broadcasts.fetch(PUBLISHED).p50
        broadcasts.keys.grep(/\Adurable streams/).map do |name|
          share = broadcasts.fetch(name).p50 / published
          format("%s: %.2f of the published gem's p50, aim at most %.2f: %s", name, share, PUBLISHED_SHARE,
            share <= PUBLISHED_SHARE ? "met" : "MISSED")
        end
      end
  end
end

begin
  RailsBench::Command.new(ARGV).run
rescue Bench::Failure => error
  abort "bench: #{error.message}"
end
