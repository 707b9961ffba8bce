# frozen_string_literal: true

require "test_helper"

class StreamUrlTest < ActiveSupport::TestCase
  URLS = {
    "gid://app/Room/1/messages" => "/gid://app/Room/1/messages",
    "a b" => "/a%20b",
    "a?b#c" => "/a%3Fb%23c",
    "100%" => "/100%25",
    "a%2Fb" => "/a%252Fb",
    "é" => "/%C3%A9",
    "[x]\n" => "/%5Bx%5D%0A",
    "http://evil.example/" => "/http://evil.example/",
    "@evil.example" => "/@evil.example",
    "a+b&c=d;e,f" => "/a+b&c=d;e,f",
    "\\x\"<>^`{|}" => "/%5Cx%22%3C%3E%5E%60%7B%7C%7D"
  }.freeze

  URLS.each do |name, path|
    test "the path of #{name.inspect} decodes to it once" do
      assert_equal path, DurableStreams::Rails::StreamUrl.path(name)
      assert_equal name, CGI.unescapeURIComponent(path.delete_prefix("/"))
    end
  end

  test "a name stays on the configured host" do
    [ "http://evil.example/x", "//evil.example", "@evil.example", "?x", "#x" ].each do |name|
      url = URI(DurableStreams::Rails::StreamUrl.join("https://streams.example.com/v1/streams", name))
      assert_equal [ "streams.example.com", nil, nil ], [ url.host, url.query, url.fragment ]
      assert url.path.start_with?("/v1/streams/")
    end
  end
end
