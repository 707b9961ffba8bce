require "test_helper"

class RequestsTest < ActionDispatch::IntegrationTest
  browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
  setup { @headers = { "User-Agent" => browser } }

  test "a page names its stream, the offset to start from and a token" do
    post = create_post
    get post_path(post), headers: @headers

    source = css_select("main durable-stream-source").sole
    assert_match %r{/Post/#{post.id}\z}, source["src"]
    assert_predicate source["offset"], :present?
    assert_equal 3, source["token"].split(".").size
  end

  test "a page gets a new token for its own stream" do
    post = create_post
    get post_path(post), headers: @headers
    source = css_select("main durable-stream-source").sole
    self.post source["renew-url"], params: { stream_grant: source["grant"] }, as: :json

    claims = JSON.parse(Base64.urlsafe_decode64(response.parsed_body["token"].split(".")[1]))
    assert_match %r{/Post/#{post.id}\z}, claims["stream"]
    assert_equal [ "read" ], claims["permissions"]
  end

  test "a comment without text is refused with a sentence" do
    post post_comments_path(create_post), params: { comment: { author: "Bo", hue: 1, body: " " } }, as: :json, headers: @headers

    assert_response :unprocessable_entity
    assert_equal "Body can't be blank", response.parsed_body["error"]
  end

  test "what somebody else deleted is answered with a sentence, its page with the board" do
    patch comment_path(0), params: { comment: { body: "Hello" } }, as: :json, headers: @headers
    assert_response :not_found
    assert_match "somebody deleted it", response.parsed_body["error"]

    get post_path(0), headers: @headers
    assert_redirected_to root_path
  end

  test "what people write is text, never markup" do
    post = create_post(title: "<script>alert(1)</script>")
    get post_path(post), headers: @headers

    assert_equal "<script>alert(1)</script>", css_select("h1").text
    assert_empty css_select("main script:not([src])")
  end
end
