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

  private
    # Where a page's stream stood before the page's queries ran: what happens in
    # between arrives once more as an event, and events are idempotent.
    # From the start ("-1") if the stream server cannot be asked now.
    def offset_of(*streamables)
      DurableStreams.stream_offset(*streamables) || "-1"
    rescue DurableStreams::Rails::Error => error
      Rails.error.report(error, handled: true)
      "-1"
    end
end
