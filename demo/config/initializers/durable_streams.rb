# frozen_string_literal: true

# What clients' URLs begin with, and where this app sends its broadcasts. With one server they are
# the same; behind a CDN, or with the server's internal listener, they differ.
DurableStreams.client_url = ENV.fetch("DURABLE_STREAMS_CLIENT_URL", "http://localhost:#{Rails.env.test? ? 4438 : 4437}/v1/streams")
DurableStreams.server_url = ENV.fetch("DURABLE_STREAMS_SERVER_URL", "http://localhost:#{Rails.env.test? ? 4438 : 4437}/v1/streams")

# The private key that signs tokens (ES256): bin/rails durable_streams:generate_keys makes one.
# Without it, development and test use a pair under tmp/durable_streams.
DurableStreams.signing_key = Rails.application.credentials.dig(:durable_streams, :signing_key)
DurableStreams.signing_kid = Rails.application.credentials.dig(:durable_streams, :signing_kid)

# The same two stand in config/durable_streams.yml.
DurableStreams.token_issuer = "demo"
DurableStreams.token_audience = "demo/streams"

# To share one server with other apps or environments, put a prefix before every stream's name:
# DurableStreams.stream_prefix = "demo/#{Rails.env}"

# Streams live for ever unless a declaration or call says `ttl:`, or this does:
# DurableStreams.stream_ttl = 30.days
