# frozen_string_literal: true

# The lines that the gem's log subscriber writes during a block, at a level and above.
module LogLines
  def self.of(level)
    output = StringIO.new
    before = ActiveSupport::LogSubscriber.logger
    ActiveSupport::LogSubscriber.logger = ActiveSupport::Logger.new(output, level:)
    yield
    output.string.lines.grep(/DurableStreams  /)
  ensure
    ActiveSupport::LogSubscriber.logger = before
  end
end
