# frozen_string_literal: true

require "socket"

module UnixSockets
  private
    # Yields the server on the socket that stands for a port of this machine in the dummy app.
    def with_local_socket(port, &block)
      path = DurableStreams::Rails::LocalSocket.new(Rails.root, port).path
      FileUtils.mkdir_p(File.dirname(path))
      UNIXServer.open(path, &block)
    ensure
      File.delete(path)
    end

    # Yields while so many wait at the path that no more may: the server there hangs.
    def with_full_socket(path)
      waiting = []
      UNIXServer.open(path) do |server|
        server.listen(0)
        loop { waiting << Addrinfo.unix(path).connect(timeout: 1) }
      rescue Errno::EAGAIN
        yield
      end
    ensure
      waiting.each(&:close)
    end
end
