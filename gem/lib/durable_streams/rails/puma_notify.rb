# frozen_string_literal: true

require "puma"
require "puma/server"

module DurableStreams
  module Rails
    # Lets Puma end on a signal. Its signal handler writes one byte to a pipe, at which the server's
    # thread ends and closes that pipe. If the handler has not come back from its `<<` by then, Ruby
    # (3.3 at least) raises IOError in it, but never wakes the thread that closes: Puma hangs, or dies
    # of "No live threads left". Any Puma can meet this; one that first ends a server meets it often.
    # `write_nonblock` does not let other threads run meanwhile, so nothing can close the pipe under it.
    #
    # Can go once Puma does so itself: https://github.com/puma/puma/issues/3677. `syswrite` is no cure.
    #
    # Threads: may run in a signal handler.
    module PumaNotify
      def self.install
        ::Puma::Server.prepend(self) if ::Puma::Server.private_method_defined?(:notify_safely)
      end

      private
        # A full pipe needs no further byte: the server's thread has yet to read those in it.
        def notify_safely(message)
          @notify&.write_nonblock(message, exception: false)
        rescue IOError, Errno::EPIPE, Errno::EBADF
          nil # the server's thread is ending
        end
    end
  end
end
