# frozen_string_literal: true

Rails.application.configure do
  config.eager_load = true
  config.active_support.deprecation = :raise
end
