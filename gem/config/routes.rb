# frozen_string_literal: true

Rails.application.routes.draw do
  post "durable_streams/token", to: "durable_streams/rails/tokens#create", as: :durable_streams_token
end if DurableStreams.draw_routes
