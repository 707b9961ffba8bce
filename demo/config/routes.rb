Rails.application.routes.draw do
  root "posts#index"

  resources :posts, only: %i[ index show create update destroy ] do
    resources :comments, only: :create
    resource :stream_token, only: :show
  end
  resources :comments, only: %i[ update destroy ]
  resource :stream_token, only: :show

  get "up" => "rails/health#show", as: :rails_health_check
end
