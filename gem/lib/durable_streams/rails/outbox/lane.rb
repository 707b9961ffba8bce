# frozen_string_literal: true

require "zlib"

module DurableStreams
  module Rails
    module Outbox
      # A drainer's claim on a lane: one of COUNT shares of a database's streams, so that drainers
      # work side by side and a killed one delays only a share, until its lease ends. A lane is a
      # producer for the server, and its epochs only rise.
      #
      # `token` names this claim, `leased_until` is in the database's microseconds.
      Lane = Data.define(:number, :producer_id, :epoch, :token, :leased_until) do
        # The lane of a stream; always the same one, which keeps a stream's events in order. The
        # count is part of that: changing it needs an empty outbox.
        def self.of(stream_name)
          1 + Zlib.crc32(stream_name) % self::COUNT
        end
      end
      Lane::COUNT = 16
    end
  end
end
