# frozen_string_literal: true

# What a test needs of the machine. Where everything is to be tested, as bin/test of the whole product
# does (DURABLE_STREAMS_REAL=1), it is a failure that it is not there; else the test is skipped.
module Needs
  private
    def missing(what) = ENV["DURABLE_STREAMS_REAL"] == "1" ? flunk(what) : skip(what)

    def need_program(*command)
      missing("no #{command.first}") unless system(*command, out: File::NULL, err: File::NULL)
    end
end
