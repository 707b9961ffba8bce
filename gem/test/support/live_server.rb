# frozen_string_literal: true

# For tests whose requests go to a server over the network, instead of being recorded.
module LiveServer
  # Anything that reports to Rails.error.
  class Reports
    attr_reader :all

    def initialize = @all = []
    def report(error, **details) = @all << [ error, details ]
    def errors = @all.map(&:first)
  end

  private
    def fake_server
      @fake_server ||= FakeServer.new.tap { |server| go_live(server.url) }
    end

    # Requests of this test, and of the jobs that it enqueues, go to `url` from now on.
    def go_live(url)
      DurableStreams::Rails::Testing.stop
      DurableStreams::Rails::Testing.start(live: true)
      change_settings(server_url: url)
      DurableStreams::Rails::Runtime.reset
    end

    # The fake server answers as usual again, and the next request finds out.
    def server_is_back
      fake_server.answer_with { nil }
      DurableStreams::Rails::Runtime.breaker.reset
    end

    def change_settings(**settings)
      @settings_before ||= {}
      settings.each do |name, value|
        @settings_before[name] = DurableStreams.public_send(name) unless @settings_before.key?(name)
        DurableStreams.public_send(:"#{name}=", value)
      end
    end

    def reports
      @reports ||= Reports.new.tap { |reports| Rails.error.subscribe(reports) }
    end

    # Fails if the block does not become true soon: conditions are waited for, times are not.
    def eventually(message = -> { "this never became true" }, within: 30)
      deadline = DurableStreams::Rails::Deadline.in(within)
      until (result = yield)
        flunk(message.respond_to?(:call) ? message.call : message) if deadline.passed?
        Thread.pass
        IO.select(nil, nil, nil, 0.005)
      end
      result
    end

    def after_teardown
      super
    ensure
      @fake_server&.stop
      Rails.error.unsubscribe(@reports) if @reports
      @settings_before&.each { |name, value| DurableStreams.public_send(:"#{name}=", value) }
      DurableStreams::Rails::Runtime.reset
    end
end
