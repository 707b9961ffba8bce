Rails.application.routes.draw do
  root "posts#index"

  resources :posts, only: %i[ index show create update destroy ] do
    resources :comments, only: :create
  end
  resources :comments, only: %i[ update destroy ]

  get "up" => "rails/health#show", as: :rails_health_check
end
