# frozen_string_literal: true

module DurableStreams
  module Rails
    # Gives an open page a new token, for the grant that it was rendered with (see Grant). Whether the
    # visitor may still have one is asked three times: the grant must not have expired and belongs to
    # this browser's session; the before_actions of `parent_controller` run; `allow_renewal` is called.
    class TokensController < DurableStreams.parent_controller.constantize
      # It changes nothing, and other sites cannot read the answer.
      skip_forgery_protection if respond_to?(:skip_forgery_protection)

      def create
        grant = Grant.verify(params[:stream_grant], request:)
        return head :forbidden unless grant && allowed?(grant)

        Runtime.provisioner.try_to_ensure_stream_exists(grant.stream_name, **grant.lifetime)
        response.headers["Cache-Control"] = "no-store"
        render json: { token: grant.token }
      end

      private
        # In the controller's context, so that its helpers (cookies, Current, current_user) are there.
        def allowed?(grant)
          DurableStreams.allow_renewal.nil? || instance_exec(grant, &DurableStreams.allow_renewal)
        end
    end
  end
end
