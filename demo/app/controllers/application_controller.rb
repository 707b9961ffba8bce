class ApplicationController < ActionController::Base
  allow_browser versions: :modern

  rescue_from ActiveRecord::RecordInvalid do |error|
    render json: { error: error.record.errors.full_messages.to_sentence }, status: :unprocessable_entity
  end

  # Somebody else deleted it a moment ago.
  rescue_from ActiveRecord::RecordNotFound do
    if request.format.json?
      render json: { error: "It is gone: somebody deleted it." }, status: :not_found
    else
      redirect_to root_path
    end
  end
end
