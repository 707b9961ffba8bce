# frozen_string_literal: true

require_relative "lib/durable_streams/rails/version"

Gem::Specification.new do |spec|
  spec.name = "durable_streams-rails"
  spec.version = DurableStreams::Rails::VERSION
  spec.authors = [ "Durable Streams for Rails contributors" ]
  spec.summary = "Broadcasts Active Record changes to durable, resumable streams over HTTP."
  spec.description = "Declares on models what is broadcast, sends State Protocol events to a " \
                     "Durable Streams server after commit, and signs the URLs that clients read."
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.2"
  spec.metadata["rubygems_mfa_required"] = "true"

  spec.files = Dir["app/**/*", "config/**/*", "lib/**/*", "exe/durable-streams", "README.md", "CHANGELOG.md", "LICENSE"]
  spec.require_paths = [ "lib" ]
  spec.bindir = "exe"
  spec.executables = [ "durable-streams" ]

  spec.add_dependency "railties", ">= 8.0"
  spec.add_dependency "protocol-http1", ">= 0.30", "< 1"
end
