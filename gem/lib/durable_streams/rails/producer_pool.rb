# frozen_string_literal: true

require "securerandom"

module DurableStreams
  module Rails
    # Producers for broadcasts that bring none (a record's events bring the record's id and version).
    #
    # The server remembers each producer of a stream for days, so one for each broadcast would fill the
    # memory that a busy stream has for them. Here a producer serves one broadcast after the other, each
    # with the next epoch. It comes back only when the server has said that the event is there: of one
    # that failed nobody knows, and the job that tries again must find the producer as it was left.
    #
    # Threads: any; each has a producer to itself. Processes: a forked child makes its own, as two events
    # under one id and epoch would be taken for one.
    class ProducerPool
      IDLE_MAX = 16

      Producer = Struct.new(:id, :epoch)

      def initialize
        @lock = Mutex.new
        @idle = []
        @pid = Process.pid
      end

      # Yields an id and an epoch that no other broadcast has. Answers what the block does; the producer
      # is used again only if that is true, which says that the event is in its stream.
      def lend
        producer = take
        arrived = yield producer.id, producer.epoch += 1
        give_back(producer) if arrived
        arrived
      end

      private
        def take
          @lock.synchronize do
            forget_parents_producers
            @idle.pop
          end || Producer.new(SecureRandom.hex(16), -1)
        end

        def give_back(producer)
          @lock.synchronize do
            @idle.push(producer) if @pid == Process.pid && @idle.size < IDLE_MAX
          end
        end

        def forget_parents_producers
          return if @pid == Process.pid

          @pid = Process.pid
          @idle = []
        end
    end
  end
end
