# frozen_string_literal: true

namespace :durable_streams do
  desc "Make an ES256 key pair: the private part for the credentials, the public part for the server"
  task generate_keys: :environment do
    require "durable_streams/rails/key_installation"
    DurableStreams::Rails::KeyInstallation.new(::Rails.application, force: ENV["FORCE"] == "1").run
  end

  desc "Make sure that the server binary is here (DURABLE_STREAMS_BIN, bin/dist, PATH)"
  task :download do
    require "durable_streams/rails/server_binary"
    root = defined?(::Rails.root) && ::Rails.root || Dir.pwd
    begin
      path = DurableStreams::Rails::ServerBinary.find(root)
    rescue DurableStreams::Rails::ServerBinary::NotFound => error
      abort error.message
    end

    if path
      puts "The server binary is here: #{path}"
    else
      version = ENV["DURABLE_STREAMS_VERSION"]
      abort <<~MESSAGE
        There are no released binaries to download yet#{" (asked for #{version})" if version}.
        Build the server from source, and then either
          copy it to #{File.join(root, "bin", "dist", "durable-streams")}, or
          set DURABLE_STREAMS_BIN to its path.
      MESSAGE
    end
  end
end
