# frozen_string_literal: true

require "test_helper"

class TokensTest < ActiveSupport::TestCase
  setup do
    @settings = DurableStreams::Rails::Settings.new
    @key = OpenSSL::PKey::EC.generate("prime256v1")
    @settings.signing_key = @key.private_to_pem
    @settings.token_issuer = "https://app.example"
    @settings.token_audience = "streams"
    @now = Time.now.to_i
    @tokens = DurableStreams::Rails::Tokens.new(@settings, clock: -> { @now })
  end

  test "a client's token names its stream, permissions, and who may use it until when" do
    @settings.signing_kid = "2026"
    claims, header = decode @tokens.client_token("gid://app/Room/1", permissions: [ :read, :write ], identity: 7, expires_in: 1.hour)

    assert_equal({ "stream" => "gid://app/Room/1", "permissions" => %w[read write], "identity" => "7",
      "iss" => "https://app.example", "aud" => "streams", "iat" => @now, "exp" => @now + 3600 }, claims)
    assert_equal({ "alg" => "ES256", "kid" => "2026" }, header)
  end

  test "a client's token reads and lasts 15 minutes unless told otherwise" do
    claims, header = decode @tokens.client_token("x")

    assert_equal [ "read" ], claims["permissions"]
    assert_equal 900, claims["exp"] - claims["iat"]
    assert_not claims.key?("identity")
    assert_not header.key?("kid")
  end

  test "one permission need not be an array" do
    assert_equal [ "write" ], decode(@tokens.client_token("x", permissions: :write)).first["permissions"]
  end

  [ :admin, [], [ :read, :delete ], nil ].each do |permissions|
    test "#{permissions.inspect} are no permissions" do
      assert_raises(ArgumentError) { @tokens.client_token("x", permissions:) }
    end
  end

  test "a token that never lived is refused" do
    assert_raises(ArgumentError) { @tokens.client_token("x", expires_in: 0) }
  end

  test "who asks for the same again gets the same token, while 99 % of its life is left" do
    first = @tokens.client_token("x", identity: 7)
    @now += 9
    assert_equal first, @tokens.client_token("x", identity: "7", expires_in: 15.minutes)
    @now += 1
    again = @tokens.client_token("x", identity: 7)
    assert_not_equal first, again
    assert_equal @now + 900, decode(again).first["exp"]
  end

  test "who asks for anything else gets another token" do
    asked = [ {}, { identity: 7 }, { identity: 8 }, { permissions: :write }, { expires_in: 901 } ]
    tokens = asked.map { |options| @tokens.client_token("x", **options) } << @tokens.client_token("y")
    @settings.token_issuer = "other"
    tokens << @tokens.client_token("x")
    @settings.signing_key = @key = OpenSSL::PKey::EC.generate("prime256v1")
    tokens << @tokens.client_token("x")

    assert_equal tokens.size, tokens.uniq.size
    assert_equal "other", decode(tokens.last).first["iss"]
  end

  test "a token that lives shortly is hardly shared" do
    first = @tokens.client_token("x", expires_in: 60)
    assert_equal first, @tokens.client_token("x", expires_in: 60)
    @now += 1
    assert_not_equal first, @tokens.client_token("x", expires_in: 60)
  end

  test "only so many are kept" do
    max = DurableStreams::Rails::Tokens::KEPT_MAX
    first = @tokens.client_token("x")
    max.times { |i| @tokens.client_token(i.to_s) }
    assert_not_equal first, @tokens.client_token("x")
  end

  test "a token that is renewed is not the first to go" do
    max = DurableStreams::Rails::Tokens::KEPT_MAX
    @tokens.client_token("x")
    @tokens.client_token("y")
    @now += 10
    renewed = @tokens.client_token("x")
    (max - 1).times { |i| @tokens.client_token(i.to_s) }
    assert_equal renewed, @tokens.client_token("x")
  end

  test "a token that was signed while the settings changed is not kept for the new ones" do
    settings, tokens, new_key = @settings, @tokens, @key
    settings.signing_key = OpenSSL::PKey::EC.generate("prime256v1")
    settings.signing_key.define_singleton_method(:sign) do |*arguments|
      super(*arguments).tap do
        settings.signing_key = new_key
        tokens.client_token("y")
      end
    end

    tokens.client_token("x")
    assert_equal "x", decode(tokens.client_token("x")).first["stream"]
  end

  test "the header follows the key's name" do
    kids = [ nil, "a", "b", "b", nil ].map do |kid|
      @settings.signing_kid = kid
      decode(@tokens.client_token("x")).last["kid"]
    end
    assert_equal [ nil, "a", "b", "b", nil ], kids
  end

  test "signatures are as long as they must be, whatever their numbers" do
    300.times { |i| assert_equal i.to_s, decode(@tokens.client_token(i.to_s)).first["stream"] }
  end

  test "the server's token says so and lives for two minutes" do
    claims, = decode @tokens.server_token

    assert_equal true, claims["server"]
    assert_equal 120, claims["exp"] - claims["iat"]
    assert_not claims.key?("stream")
  end

  test "the server's token is reused until half of its life" do
    first = @tokens.server_token
    @now += 59
    assert_equal first, @tokens.server_token
    @now += 1
    assert_not_equal first, @tokens.server_token
  end

  test "the server's token is made anew when forgotten, but not because of an older one" do
    first = @tokens.server_token
    @now += 10
    @tokens.forget_server_token("another")
    assert_equal first, @tokens.server_token
    @tokens.forget_server_token(first)
    assert_not_equal first, @tokens.server_token
  end

  test "the server's token follows the settings" do
    @tokens.server_token
    @settings.token_audience = "others"
    assert_equal "others", decode(@tokens.server_token, aud: "others").first["aud"]
    @settings.token_expiry = 30.seconds
    assert_equal 30, decode(@tokens.server_token, aud: "others").first.then { |claims| claims["exp"] - claims["iat"] }
  end

  test "issuer and audience may be left out" do
    @settings.token_issuer = @settings.token_audience = nil
    claims, = JWT.decode(@tokens.server_token, @key, true, algorithm: "ES256")
    assert_not claims.key?("iss") || claims.key?("aud")
  end

  private
    def decode(token, aud: "streams")
      JWT.decode(token, @key, true, algorithm: "ES256", aud:, verify_aud: true, verify_expiration: false)
    end
end
