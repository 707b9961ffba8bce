module StreamsHelper
  # What a page's script needs in order to follow a stream, as data attributes:
  #
  #   tag.main data: stream_data(post, offset: "…", token_path: "/posts/1/stream_token")
  def stream_data(*streamables, offset:, token_path:)
    url, token = DurableStreams.signed_stream_primitives(*streamables)
    { stream_url: url, stream_token: token, stream_offset: offset, token_path: token_path }
  end
end
