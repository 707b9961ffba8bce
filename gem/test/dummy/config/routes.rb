# frozen_string_literal: true

Rails.application.routes.draw do
  resources :pages, only: :show do
    member { get :turbo }
    member { get :empty }
    collection { get :sign_out }
  end
end
