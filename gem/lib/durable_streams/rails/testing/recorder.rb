# frozen_string_literal: true

require "securerandom"

module DurableStreams
  module Rails
    module Testing
      # What one test broadcast, per stream, in the order of arrival; and which of its jobs are still
      # on their way. It answers requests as a server would that has kept everything.
      #
      # Threads: any.
      class Recorder
        # How long an assertion waits for jobs that another thread runs.
        WAIT_SECONDS = 5

        Stream = Struct.new(:bodies, :producers, :closed)

        attr_reader :id

        def initialize
          @id = SecureRandom.uuid
          @lock = Monitor.new
          @settled = @lock.new_cond
          @streams = {}
          @jobs = {}
        end

        # The events of a stream so far, parsed, with string keys.
        def events(stream_name)
          bodies = @lock.synchronize { @streams[stream_name]&.bodies.to_a.dup }
          bodies.map { |body| JSON.parse(body) }
        end

        def stream_names
          @lock.synchronize { @streams.reject { |_, stream| stream.bodies.empty? }.keys }
        end

        # A job was enqueued (`serialized` is what the queue got), or has ended.
        def job_enqueued(job_id, serialized)
          @lock.synchronize { @jobs[job_id] = serialized }
        end

        def job_ended(job_id)
          @lock.synchronize do
            @jobs.delete(job_id)
            @settled.broadcast
          end
        end

        # The jobs on their way that are due.
        def due_jobs
          @lock.synchronize do
            @jobs.values.reject { |job| job["scheduled_at"] && Time.iso8601(job["scheduled_at"]).future? }
          end
        end

        # Waits for the jobs on their way that are due, which other threads run. False if some are
        # still going after `seconds`.
        def wait_for_jobs(seconds: WAIT_SECONDS)
          deadline = Deadline.in(seconds)
          @lock.synchronize do
            @settled.wait(deadline.remaining) until due_jobs.empty? || deadline.passed?
            due_jobs.empty?
          end
        end

        # Answers a Response.
        def call(request)
          @lock.synchronize do
            stream = @streams[request.name]
            case request.verb
            when "PUT" then create(request.name)
            when "DELETE" then @streams.delete(request.name) ? Response.new(status: 204) : Response.new(status: 404)
            else stream ? answer(request, stream) : Response.new(status: 404)
            end
          end
        end

        private
          def create(name)
            status = @streams.key?(name) ? 200 : 201
            stream = @streams[name] ||= Stream.new([], {}, false)
            respond(status, stream)
          end

          def answer(request, stream)
            case request.verb
            when "POST" then request.body ? append(request, stream) : close(stream)
            when "GET" then read(request, stream)
            else respond(200, stream, "content-type" => StreamServer::JSON_TYPE)
            end
          end

          # A retry counts once; an older version that comes late is kept, so that what a test sees
          # does not depend on the order in which threads ran its jobs.
          def append(request, stream)
            return respond(409, stream) if stream.closed

            producer = request.headers.values_at("Producer-Id", "Producer-Epoch")
            return respond(204, stream) if stream.producers[producer]

            stream.producers[producer] = true
            stream.bodies.concat(messages(request.body))
            respond(200, stream)
          end

          # As the server does: an array's elements are messages of their own.
          def messages(body)
            body.start_with?("[") ? JSON.parse(body).map { |message| JSON.generate(message) } : [ body ]
          end

          def close(stream)
            stream.closed = true
            respond(204, stream)
          end

          def read(request, stream)
            from = [ request.query["offset"].to_s.delete_prefix("-1").to_i, 0 ].max
            respond(200, stream, "stream-up-to-date" => "true").with(body: "[#{stream.bodies.drop(from).join(",")}]")
          end

          def respond(status, stream, headers = {})
            headers = { "stream-next-offset" => format("%016d", stream.bodies.size) }.merge(headers)
            headers["stream-closed"] = "true" if stream.closed
            Response.new(status:, headers:)
          end
      end
    end
  end
end
