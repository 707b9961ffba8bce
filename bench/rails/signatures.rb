# frozen_string_literal: true

require_relative "figures"

module RailsBench
  # What one kind of signature took, gathered in rounds as broadcasts are.
  class Signatures
    COLUMNS = [ "a signature", "p50 ms", "p99", "CPU ms" ].freeze

    # `via`: the app's route that signs.
    def initialize(contender, name, via)
      @contender = contender
      @name = name
      @via = via
      @times, @cpu = [], []
    end

    def warm_up = @contender.measure(300, via: @via)

    def round(calls:, **)
      measured = @contender.measure(calls, via: @via)
      @times.concat measured[:times]
      @cpu << measured[:cpu]
    end

    # Milliseconds.
    def p50 = Figures.percentile(@times, 0.5) / 1000

    def row = [ @name, *Figures.p50_and_p99(@times), Figures.ms(Figures.mean(@cpu)) ]
  end
end
