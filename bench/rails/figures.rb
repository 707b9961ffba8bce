# frozen_string_literal: true

module RailsBench
  # Numbers for a table. Times are in microseconds, and shown in milliseconds.
  module Figures
    def self.percentile(times, share) = times.sort.fetch((times.size * share).floor)
    def self.mean(times) = times.sum / times.size
    def self.ms(time) = format("%.3f", time / 1000.0)

    # What a column for each shows; dashes for nothing.
    def self.p50_and_p99(times) = [ 0.5, 0.99 ].map { |share| times.empty? ? "-" : ms(percentile(times, share)) }
  end
end
