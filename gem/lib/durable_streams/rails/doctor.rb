# frozen_string_literal: true

require "durable_streams/rails/server_command"

module DurableStreams
  module Rails
    # bin/rails durable_streams:doctor: says what is wrong with this app's streams, and the fix. First
    # what can be seen from the files (Doctor::Setup), then what the running server says
    # (Doctor::RunningServer).
    class Doctor
      # `fix` is nil if all is well.
      Finding = Struct.new(:subject, :detail, :fix) do
        def well? = fix.nil?
      end

      # What checks are written with.
      module Findings
        private
          def well(subject, detail) = Finding.new(subject, detail, nil)
          def wrong(subject, detail, fix) = Finding.new(subject, detail, fix)
      end

      autoload :RunningServer, "durable_streams/rails/doctor/running_server"
      autoload :Setup, "durable_streams/rails/doctor/setup"
      autoload :Versions, "durable_streams/rails/doctor/versions"

      def initialize(root, env, settings: Runtime.settings, out: $stdout)
        @setup = Setup.new(ServerCommand.new(root), settings, env)
        @running_server = RunningServer.new(settings, @setup)
        @out = out
      end

      # Whether all is well.
      def run
        findings = [ *@setup.findings, *@running_server.findings ]
        findings.each { |finding| tell(finding) }
        wrong = findings.count { |finding| !finding.well? }
        @out.puts "", wrong.zero? ? "All is well." : "#{wrong} #{wrong == 1 ? "thing is" : "things are"} wrong."
        wrong.zero?
      end

      private
        def tell(finding)
          @out.puts "#{finding.well? ? "ok   " : "WRONG"} #{finding.subject}: #{finding.detail}"
          @out.puts "      #{finding.fix.gsub("\n", "\n      ")}" unless finding.well?
        end
    end
  end
end
