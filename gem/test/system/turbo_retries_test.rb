# frozen_string_literal: true

require "system_test_helper"

# What Turbo's broadcasts promise where the server could not be reached at first; no browser needed.
class TurboRetriesTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include OutboxMode
  include QueueAdapters

  setup do
    change_settings(outbox: false)
    fake_server
    @post = Post.create!(title: "old")
  end

  test "what a job could not send is rendered anew, so it brings back nothing old" do
    server_is_away
    replace_later
    perform_enqueued_jobs
    @post.update!(title: "new")
    server_is_back
    replace_later
    enqueued_jobs.reverse_each { |job| ActiveJob::Base.execute(job) }

    assert_equal %w[new new], titles
  end

  test "a job whose answer was lost sends nothing twice" do
    fake_server.answer_with { |request| fake_server.send(:answer_to, request) && :hang_up if request.verb == "POST" }
    replace_later
    perform_enqueued_jobs
    assert_equal 1, enqueued_jobs.size
    server_is_back
    perform_enqueued_jobs
    assert_no_enqueued_jobs
    assert_equal %w[old], titles
  end

  test "events of one job are never taken for one another, nor are those of two" do
    2.times { Turbo::StreamsChannel.broadcast_render_later_to @post, inline: <<~ERB, locals: { post: @post } }
      <% 2.times { |i| Turbo::StreamsChannel.broadcast_update_to(post, target: "title", html: i.to_s) } %>
    ERB
    perform_enqueued_jobs
    assert_equal [ "0", "1", "" ] * 2, titles
  end

  test "a server that stays away is reported, and the job tried again" do
    reports
    server_is_away
    replace_later
    perform_enqueued_jobs
    assert_equal 1, enqueued_jobs.size
    assert_report :warning
  end

  test "with jobs that run at once there is no later: what is lost is reported so, and nothing raised" do
    use_queue_adapter(ActiveJob::QueueAdapters::InlineAdapter.new)
    reports
    server_is_away
    replace_later
    assert_report :error
  end

  test "what a direct form rendered stays as it is, and comes late, once" do
    server_is_away
    replace
    @post.update!(title: "new")
    server_is_back
    replace
    perform_enqueued_jobs
    assert_equal %w[new old], titles
  end

  test "with the outbox all arrives in the order of the calls" do
    change_settings(outbox: true)
    server_is_away
    replace
    @post.update!(title: "new")
    server_is_back
    replace
    assert_equal %w[old new], titles
  end

  test "with the outbox what a job renders is a row, and the job is done" do
    change_settings(outbox: true)
    server_is_away
    replace_later
    perform_enqueued_jobs
    assert_no_enqueued_jobs
    server_is_back
    Outbox.drain
    assert_equal %w[old], titles
  end

  private
    def server_is_away = fake_server.answer_with { :hang_up }

    def replace_later
      Turbo::StreamsChannel.broadcast_update_later_to @post, target: "title", inline: "<%= post.title %>", locals: { post: @post }
    end

    def replace
      Turbo::StreamsChannel.broadcast_update_to @post, target: "title", html: @post.title
    end

    def titles
      fake_server.events("turbo/#{@post.to_gid_param}").map { |event| Nokogiri::HTML5.fragment(event["value"]).at("template")&.inner_html.to_s }
    end

    def assert_report(severity)
      error, details = reports.all.sole
      assert_instance_of DurableStreams::Rails::ServerUnreachable, error
      assert_equal [ severity, Turbo::StreamsChannel.send(:stream_name_from, [ @post ]) ], [ details[:severity], details.dig(:context, :stream) ]
    end
end
