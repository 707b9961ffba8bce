# Gives an open page a fresh token before its old one expires. An app with
# accounts would ask here whether this visitor may (still) read the stream.
class StreamTokensController < ApplicationController
  def show
    _url, token = DurableStreams.signed_stream_primitives(*streamables)
    render json: { token: token }
  end

  private
    def streamables
      params[:post_id] ? [ Post.find(params[:post_id]) ] : [ :posts ]
    end
end
