# frozen_string_literal: true

# This process's environment, and other processes' ends.
module Processes
  private
    def with_environment(variables)
      before = ENV.slice(*variables.keys)
      ENV.update(variables)
      yield
    ensure
      variables.each_key { |name| ENV[name] = before[name] }
    end

    # A process that nobody waits for stays as a zombie where nothing reaps orphans.
    def process_gone?(pid)
      Process.kill(0, pid)
      File.read("/proc/#{pid}/stat").split(") ").last.start_with?("Z")
    rescue Errno::ESRCH, Errno::ENOENT
      true
    end
end
