# frozen_string_literal: true

namespace :durable_streams do
  namespace :outbox do
    desc "Send what waits in the outbox, now"
    task drain: :environment do
      results = DurableStreams::Rails::Outbox.drain
      puts "#{results.sum(&:sent)} sent"
      error = results.filter_map(&:error).first
      abort "some are left: #{error ? error.message : "another process is sending them"}" if results.any?(&:left?)
    end

    desc "Tell how much waits in the outbox, since when, and what the server refused"
    task status: :environment do
      DurableStreams::Rails::Outbox.each_table do |table, database|
        status = table.status
        puts "#{database}: #{status[:waiting]} waiting#{" since #{status[:oldest]}" if status[:oldest]}, #{status[:set_aside].size} set aside"
        status[:set_aside].each { |stream_name, error| puts "  #{stream_name}: #{error}" }
      end
    end

    desc "Put back in line what the server refused, once its cause is gone"
    task retry: :environment do
      DurableStreams::Rails::Outbox.each_table do |table, database|
        puts "#{database}: #{table.retry_set_aside} put back in line"
      end
    end
  end
end
