# frozen_string_literal: true

require "etc"
require "time"
require_relative "table"

module Bench
  # One line of the table. `operation` is what `rate` counts and `cpu_us` is for;
  # nil where a column says nothing. `errors` make the line's figures worthless.
  Row = Struct.new(:workload, :server, :operation, :rate, :cpu_us, :busy, :p50_us, :p99_us, :errors, :notes,
    keyword_init: true) do
    def errors? = Array(errors).any?

    def cells
      [workload, server, operation, whole(rate), short(cpu_us), busy && "#{(busy * 100).round(1)} %", whole(p50_us),
       whole(p99_us), remarks.join("; ")].map { |cell| cell.to_s.gsub("|", "/") }
    end

    private
      def remarks = [*Array(errors).map { |error| "ERROR: #{error}" }, *notes].compact

      def whole(number) = number&.round&.to_s&.gsub(/(?<=\d)(?=(\d{3})+$)/, ",")

      def short(number)
        number && (number >= 100 ? whole(number) : format("%.2f", number))
      end
  end

  # The markdown that a run prints.
  class Report
    HEADINGS = ["workload", "server", "operation", "rate /s", "server CPU µs each", "of a core", "p50 µs", "p99 µs",
                "notes"].freeze
    LEFT = [0, 1, 2, 8].freeze

    def initialize(machine)
      @machine = machine
    end

    def to_s(rows) = "#{@machine}\n\n#{Table.new(HEADINGS, left: LEFT).to_s(rows.map(&:cells))}\n"
  end

  # What it ran on, in a sentence.
  module Machine
    def self.description(settings, binary_version)
      "#{Time.now.utc.strftime("%Y-%m-%d %H:%M UTC")}, #{binary_version}, #{cpu}, Linux #{Etc.uname[:release][/\A[\d.]+/]}, " \
        "#{file_system(settings)}. Server on one core, clients on another; #{settings.seconds} s a point."
    end

    def self.cpu
      lines = File.readlines("/proc/cpuinfo")
      model = lines.grep(/^model name/).first.to_s[/: (.*)/, 1] || Etc.uname[:machine]
      "#{lines.grep(/^processor/).size} cores of #{model.strip}"
    end

    def self.file_system(settings)
      settings.in_directory { |directory| "data on #{`df --output=fstype #{directory}`.lines.last.strip}" }
    end
  end
end
