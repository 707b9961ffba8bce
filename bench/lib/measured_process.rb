# frozen_string_literal: true

require "etc"

module Bench
  # A child process whose CPU time and memory are read from /proc.
  #
  # It runs pinned to one core (or a list of them), in a process group of its own, and is ended with
  # that group: SIGTERM first, SIGKILL after STOP_TIMEOUT_S.
  class MeasuredProcess
    STOP_TIMEOUT_S = 10
    TICKS_PER_S = Etc.sysconf(Etc::SC_CLK_TCK)

    Memory = Struct.new(:rss_kb, :pss_kb, :uss_kb) do
      def -(other)
        Memory.new(*to_a.zip(other.to_a).map { |mine, theirs| mine - theirs })
      end
    end

    attr_reader :pid

    def initialize(command, core:, log:, chdir: ".", env: {})
      @log = log
      # taskset replaces itself by the command: the pid is the server's own.
      @pid = Process.spawn(env, "taskset", "-c", core.to_s, *command, in: File::NULL,
        out: log, err: [:child, :out], pgroup: true, chdir: chdir)
    end

    # User and system time so far, of all threads, in seconds.
    def cpu_s
      # Fields after the name, which may hold spaces: state is the first.
      fields = File.read("/proc/#{pid}/stat").rpartition(")").last.split
      (fields[11].to_i + fields[12].to_i) / TICKS_PER_S.to_f
    end

    # Resident, proportional and unshared memory.
    def memory
      kb = File.readlines("/proc/#{pid}/smaps_rollup").drop(1).to_h do |line|
        name, amount = line.split
        [name.chomp(":"), amount.to_i]
      end
      Memory.new(kb["Rss"], kb["Pss"], kb["Private_Clean"] + kb["Private_Dirty"])
    end

    def open_files = Dir.children("/proc/#{pid}/fd").size

    # As a crash ends it.
    def kill
      Process.kill(:KILL, -pid)
      Process.wait(pid)
      @ended = true
    end

    def running?
      @ended ||= !Process.wait(pid, Process::WNOHANG).nil?
      !@ended
    end

    def last_words = File.readlines(@log).last.to_s.strip

    def stop
      return unless running?

      Process.kill(:TERM, -pid)
      deadline = Bench.now_s + STOP_TIMEOUT_S
      sleep 0.02 while running? && Bench.now_s < deadline
      return unless running?

      Process.kill(:KILL, -pid)
      Process.wait(pid)
    end
  end

  def self.now_s = Process.clock_gettime(Process::CLOCK_MONOTONIC)
end
