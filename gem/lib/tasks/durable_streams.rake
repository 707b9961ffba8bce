# frozen_string_literal: true

namespace :durable_streams do
  desc "Make an ES256 key pair: the private part for the credentials, the public part for the server"
  task generate_keys: :environment do
    require "durable_streams/rails/key_installation"
    DurableStreams::Rails::KeyInstallation.new(::Rails.application, force: ENV["FORCE"] == "1").run
  end

  desc "Say what is wrong with this app's streams, and the fix"
  task doctor: :environment do
    exit 1 unless DurableStreams::Rails::Doctor.new(::Rails.root, ::Rails.env).run
  end

  desc "Fetch the server binary into bin/dist, unless it is here (DURABLE_STREAMS_VERSION, DURABLE_STREAMS_RELEASES_URL)"
  task :download do
    require "durable_streams/rails/server_binary"
    root = ::Rails.root
    release = DurableStreams::Rails::ServerRelease.new(root, location: ::Rails.application.config.durable_streams.releases_url)
    begin
      ENV["DURABLE_STREAMS_VERSION"] = release.version if release.pinned?
      path = DurableStreams::Rails::ServerBinary.find(root)
      path ||= release.download(DurableStreams::Rails::ServerBinary.in_app(root))
      puts "The server binary is here: #{path}"
    rescue DurableStreams::Rails::ServerBinary::NotFound, DurableStreams::Rails::ServerRelease::Unavailable => error
      abort error.message
    end
  end
end
