threads_count = ENV.fetch("RAILS_MAX_THREADS", 5)
threads threads_count, threads_count

port ENV.fetch("PORT", 3000)

pidfile ENV["PIDFILE"] if ENV["PIDFILE"]

# Run the stream server beside Puma, where no process of its own does (bin/durable-streams).
plugin :durable_streams if ENV["DURABLE_STREAMS_IN_PUMA"] || ENV.fetch("RAILS_ENV", "development") == "development"
