# frozen_string_literal: true

# Beside RealServer: a disk that can be full. Files cannot grow on it then, and what they have already
# can be overwritten. A library that is loaded into the server does this, so it needs no right to mount.
module FullDisk
  SOURCE = File.expand_path("../../../tests/process/bad_disk.cc", __dir__)
  COMPILER = ENV["CXX"].presence || "c++"

  private
    def restart_server_on_such_a_disk
      @full_disk = File.join(@root, "full_disk")
      kill_server
      @server_environment = { "LD_PRELOAD" => compile_full_disk, "DURABLE_STREAMS_TEST_DISK" => @root }
      spawn_server
    end

    # Until every append, however small, is refused: there is room in the files that the server has.
    def fill_disk
      FileUtils.touch(@full_disk)
      DurableStreams::Rails::Runtime.server.create("filler")
      [ 4.megabytes, 64.kilobytes, 256 ].each { |size| eventually { append_filler(size) == :full } }
    end

    def make_room_on_disk
      File.delete(@full_disk)
      eventually { append_filler(256) == :appended }
    end

    def append_filler(size)
      DurableStreams::Rails::Runtime.server.append("filler", ("x" * size).to_json, producer: [ SecureRandom.uuid, 0 ],
        deadline: DurableStreams::Rails::Deadline.in(30))
    rescue DurableStreams::Rails::ServerFull
      :full
    end

    def compile_full_disk
      need_program(COMPILER, "--version")
      File.join(@root, "full_disk.so").tap do |library|
        system(COMPILER, "-std=c++20", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl", exception: true)
      end
    end
end
