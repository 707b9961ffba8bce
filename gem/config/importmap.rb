# frozen_string_literal: true

pin "durable_streams", to: "durable_streams.js", preload: false
