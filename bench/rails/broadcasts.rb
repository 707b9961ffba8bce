# frozen_string_literal: true

require_relative "figures"

module RailsBench
  # What one contender's broadcasts took, gathered in rounds. The rounds of all contenders take turns, so
  # that whatever else the machine does meanwhile, it does to all of them.
  class Broadcasts
    COLUMNS = [ "a broadcast", "call p50 ms", "p99", "caller's CPU ms", "all CPU ms", "p50 with a reader", "p99",
      "arrives p50 ms", "p99", "arrived" ].freeze

    def initialize(contender)
      @contender = contender
      @alone, @with_reader, @delays, @cpu, @all_cpu = [], [], [], [], []
      @sent = @arrived = 0
    end

    def warm_up
      with_reader { |reader| send_to(reader, 300) }
    end

    # `calls` without and with a reader, back to back; `paced` ones that are `pause` seconds apart.
    def round(calls:, paced:, pause:)
      with_reader do |reader|
        @delays.concat send_to(reader, paced, pause:)[:delays]
        @with_reader.concat send_to(reader, calls)[:times]
      end
      alone = @contender.measure(calls)
      @alone.concat alone[:times]
      @cpu << alone[:cpu]
      @all_cpu << alone[:all_cpu]
    end

    # Milliseconds.
    def p50 = Figures.percentile(@alone, 0.5) / 1000

    def row
      [ @contender.name, *Figures.p50_and_p99(@alone), Figures.ms(Figures.mean(@cpu)), Figures.ms(Figures.mean(@all_cpu)),
        *Figures.p50_and_p99(@with_reader), *Figures.p50_and_p99(@delays), "#{@arrived} of #{@sent}" ]
    end

    private
      def with_reader
        reader = @contender.subscriber
        yield reader
      ensure
        reader&.stop
      end

      # Answers what the app measured, and `delays`: how long each event was on its way.
      def send_to(reader, calls, pause: 0)
        measured = @contender.measure(calls, pause:) { reader.wait_for(calls) }
        delays = reader.delays
        reader.forget
        @sent += calls
        @arrived += delays.size
        measured.merge(delays:)
      end
  end
end
