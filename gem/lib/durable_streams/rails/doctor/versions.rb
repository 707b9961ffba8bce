# frozen_string_literal: true

module DurableStreams
  module Rails
    class Doctor
      # Which servers this gem goes with: those whose version begins with the same two numbers.
      module Versions
        def self.wanted = ENV["DURABLE_STREAMS_VERSION"].presence || VERSION
        def self.fits?(version) = line(version) == line(wanted)

        def self.line(version) = version.split(".").first(2)
        private_class_method :line
      end
    end
  end
end
