# frozen_string_literal: true

require "durable_streams/rails"
require "durable_streams/rails/engine"
