# frozen_string_literal: true

require "test_helper"
require "durable_streams/rails/puma_log"

class PumaLogTest < ActiveSupport::TestCase
  PumaLog = DurableStreams::Rails::PumaLog
  Writer = Struct.new(:lines) do
    def log(line) = lines << line
  end

  setup do
    @writer = Writer.new([])
    @before, Rails.logger = Rails.logger, ActiveSupport::Logger.new(@log = StringIO.new, formatter: Logger::Formatter.new)
  end

  teardown { Rails.logger = @before }

  test "lines are in Rails' log, with their level" do
    %i[info warn error].each { |level| PumaLog.new(@writer).call(level, "it is so") }
    assert_equal [ "INFO", "WARN", "ERROR" ], @log.string.scan(/ (\w+) -- : durable-streams: it is so$/).flatten
    assert_empty @writer.lines
  end

  test "until the app is loaded they are in Puma's" do
    Rails.application.define_singleton_method(:initialized?) { false }
    PumaLog.new(@writer).call(:warn, "it is so")
    assert_equal [ "durable-streams: it is so" ], @writer.lines
    assert_empty @log.string
  ensure
    Rails.application.singleton_class.remove_method(:initialized?)
  end
end
