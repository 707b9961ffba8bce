# frozen_string_literal: true

require "test_helper"

# What an app does while its stream server has a bad day, and what heals by itself. The server is the
# real one. docs/guide/bad-days.md has the same in words.
class BadDaysTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include QueueAdapters
  include RealServer
  include LiveServer
  include FullDisk

  Errors = DurableStreams::Rails

  # A page that shows a stream.
  class PagesController < ActionController::Base
    def show
      @post = Post.find(params[:id])
      @offset = DurableStreams.stream_offset(@post)
      render inline: "<%= durable_stream_from @post %> <%= DurableStreams.signed_stream_url(@post) %>"
    end
  end

  setup do
    start_real_server
    # Long, so that a busy machine is none of the bad days.
    change_settings(deadline: 10, page_deadline: 10, connect_timeout: 10)
    @post = Post.create!(title: "Hello")
    @titles = []
    reports
  end

  test "a server that is down" do
    use_app
    kill_server
    log = LogLines.of(:info) { use_app_a_lot }
    assert_equal 1, log.size, log.join
    assert_match(/can't be reached: Connection refused/, log.first)
    assert_equal [ Errors::ServerUnreachable ], reports.errors.map(&:class)

    spawn_server(noticed: false)
    assert_match(/answers again after/, LogLines.of(:info) { wait_until_it_answers }.sole)
    assert_all_arrive_once
  end

  test "a server that hangs: one request waits for it, not each" do
    use_app
    change_settings(deadline: 1)
    Process.kill("STOP", server_pid)
    waited = 0
    log = ActiveSupport::Notifications.subscribed(->(event) { waited += 1 if waited_in_vain?(event) }, "request.durable_streams") do
      LogLines.of(:info) { use_app_a_lot }
    end
    assert_equal 1, waited
    assert_equal 1, log.size, log.join
    assert_match(/no answer in time/, log.first)
    assert_equal [ Errors::ServerUnreachable ], reports.errors.map(&:class)

    Process.kill("CONT", server_pid)
    assert_match(/answers again after/, LogLines.of(:info) { wait_until_it_answers }.sole)
    assert_all_arrive_once
  end

  test "a server that refuses the token, because the key is another one" do
    use_app
    right_key = DurableStreams.signing_key
    change_settings(signing_key: OpenSSL::PKey::EC.generate("prime256v1").private_to_pem)
    assert_refused(/401 .*signature/)

    DurableStreams.signing_key = right_key
    assert_all_arrive_once
  end

  test "a server that refuses the token, because the audience is another one" do
    use_app
    change_settings(token_audience: "somebody else")
    assert_refused(/401 .*aud/)

    DurableStreams.token_audience = "dummy/streams"
    assert_all_arrive_once
  end

  test "a server that does not let this machine in" do
    use_app
    reconfigure_server(internal: { port: (port = free_port), allowed_ips: [ "10.0.0.9" ] })
    DurableStreams.server_url = "http://127.0.0.1:#{port}/v1/streams"
    assert_refused(/403 .*address/)

    DurableStreams.server_url = "http://127.0.0.1:#{@port}/v1/streams"
    assert_all_arrive_once
  end

  test "a token callable that raises" do
    use_app
    change_settings(server_token: -> { raise "the vault is closed" })
    assert_refused(/server_token raised RuntimeError: the vault is closed/)

    DurableStreams.server_token = nil
    assert_all_arrive_once
  end

  test "a server that came back empty" do
    use_app
    assert_all_arrive_once
    kill_server
    FileUtils.rm_rf(File.join(@root, "tmp/durable_streams/test"))
    spawn_server
    assert_nil DurableStreams.stream_metadata(@post)

    @titles.clear
    use_app
    assert_empty reports.errors
    assert_all_arrive_once
  end

  test "a page after an outage makes its streams again" do
    use_app
    kill_server
    FileUtils.rm_rf(File.join(@root, "tmp/durable_streams/test"))
    use_app
    spawn_server(noticed: false)
    wait_until_it_answers
    url = DurableStreams.signed_stream_url(@post)
    assert_equal "200", Net::HTTP.get_response(URI(url)).code
  end

  test "a server whose disk is full" do
    restart_server_on_such_a_disk
    use_app
    fill_disk
    log = LogLines.of(:info) { use_app_a_lot }
    assert_match(/will be tried again: 507 .*disk is full/, log.sole)
    assert_equal [ Errors::ServerFull ], reports.errors.map(&:class)

    make_room_on_disk
    assert_all_arrive_once
  end

  test "a server that is restarted while connections are kept loses and doubles nothing" do
    5.times do
      broadcast
      kill_server "TERM"
      spawn_server
      broadcast
    end
    assert_empty reports.errors
    assert_all_arrive_once
  end

  test "with jobs that run at once, what is saved stays saved, and what is lost is told" do
    use_queue_adapter(ActiveJob::QueueAdapters::InlineAdapter.new)
    kill_server
    comments = 5.times.map { @post.comments.create!(body: "x") }
    assert comments.all?(&:persisted?)
    assert_equal 5, reports.errors.size
    assert reports.errors.all?(Errors::ServerUnreachable)
    assert_equal [ :error ], reports.all.map { |_, details| details[:severity] }.uniq
  end

  test "a job that finds the server down waits longer each time, and it is reported once" do
    kill_server
    @post.comments.create!(body: "x")
    waits = 3.times.map do
      now = Time.current
      perform_enqueued_jobs(at: 1.day.from_now)
      enqueued_jobs.sole[:at] - now.to_f
    end
    assert_equal waits.sort, waits
    assert_operator waits.first, :>, 1
    assert_kind_of DurableStreams::Rails::ServerUnreachable, reports.errors.sole
  end

  private
    # Every way in which an app meets the server. None may raise, and the page is a page.
    def use_app
      broadcast
      @titles << SecureRandom.hex(4)
      assert_predicate @post.comments.create!(body: @titles.last), :persisted?

      status, _, body = PagesController.action(:show).call(Rack::MockRequest.env_for("/", params: { id: @post.id }))
      assert_equal 200, status
      html = body.each.to_a.join
      assert_match "<durable-stream-source", html
      assert_match "?token=", html
    end

    def use_app_a_lot = 30.times { use_app }

    def broadcast
      @titles << SecureRandom.hex(4)
      assert_not_nil DurableStreams.broadcast_event_to(@post, type: "x", key: "1", value: { body: @titles.last }, operation: :upsert)
    end

    def assert_refused(reason)
      log = LogLines.of(:info) { use_app_a_lot }
      assert_equal [ 1, 1 ], [ log.size, reports.errors.size ], log.join
      assert_match(reason, log.first)
    end

    # Once the server is well again and the jobs have run.
    def assert_all_arrive_once
      perform_enqueued_jobs(at: 1.day.from_now) until enqueued_jobs.empty?
      arrived = []
      offset = nil
      loop do
        page = DurableStreams.read_stream(@post, after: offset)
        arrived.concat(page.events.map { |event| event["value"]["body"] })
        break if page.up_to_date?
        offset = page.next_offset
      end
      assert_equal @titles.sort, arrived.sort
    end

    def waited_in_vain?(event)
      event.payload[:exception_object].respond_to?(:timeout?) && event.payload[:exception_object].timeout?
    end

    def wait_until_it_answers
      eventually do
        DurableStreams.signed_stream_url(SecureRandom.hex(4))
        !Errors::Runtime.breaker.down?
      end
    end
end
