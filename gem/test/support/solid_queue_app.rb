# frozen_string_literal: true

# The dummy app as a process of its own, with Solid Queue in its database.
#
#   ruby solid_queue_app.rb seed N    # makes N comments, and enqueues a job for each
#   ruby solid_queue_app.rb work      # runs jobs, in three processes of three threads, until TERM
#
# SETTINGS: this gem's settings, as JSON. DATABASE_URL: the database, if not the dummy app's.

ENV["RAILS_ENV"] = "test"
require_relative "../dummy/config/application"
require "solid_queue"

Rails.application.config.active_job.queue_adapter = :solid_queue
Rails.application.config.durable_streams.merge!(JSON.parse(ENV.fetch("SETTINGS"), symbolize_names: true))
Rails.application.initialize!

# Two updates, as quick as they come.
class UpdateTwiceJob < ActiveJob::Base
  def perform(comment)
    comment.update!(body: "1")
    comment.update!(body: "2")
  end
end

case ARGV.shift
when "seed"
  posts = 10.times.map { |i| Post.create!(title: i.to_s) }
  Comment.insert_all!(ARGV.shift.to_i.times.map { |i| { post_id: posts[i % posts.size].id, body: "0" } })
  Comment.find_each.each_slice(500) { |comments| ActiveJob.perform_all_later(comments.map { |comment| UpdateTwiceJob.new(comment) }) }
when "work"
  SolidQueue.logger = Logger.new($stdout, level: :warn)
  SolidQueue::Supervisor.start(workers: [ { threads: 3, processes: 3, polling_interval: 0.05 } ], dispatchers: [ {} ], skip_recurring: true)
end
