# frozen_string_literal: true

require "digest"
require "time"

module DurableStreams
  module Rails
    # What a page may ask new tokens for: one stream, the permissions that it was rendered with. It
    # travels through the page, signed with the app's secret, and expires (`page_expires_in`).
    #
    # It is bound to the browser's session, where there is one, and to its sign-in (the cookies named
    # in `session_cookies`): whoever signs out, or reads it elsewhere, gets nothing for it.
    Grant = Data.define(:stream_name, :described, :permissions, :identity, :expires_in, :ttl, :expires_at) do
      # Streamables as they can travel: [["gid", "gid://app/Post/1"], ["text", "comments"]].
      def self.described(streamables)
        streamables.flatten.compact_blank.map do |streamable|
          streamable.respond_to?(:to_gid) ? [ "gid", streamable.to_gid.to_s ] : [ "text", streamable.to_param.to_s ]
        end
      end

      # All of it is what JSON knows: `expires_at`, of the stream, is a text.
      def initialize(stream_name:, streamables:, permissions:, identity: nil, expires_in: nil, ttl: nil, expires_at: nil)
        super(stream_name:, described: streamables, permissions: Array(permissions).map(&:to_s), identity: identity&.to_s,
          expires_in: expires_in&.to_i, ttl: ttl&.to_i, expires_at: expires_at.respond_to?(:utc) ? expires_at.utc.iso8601(3) : expires_at)
      end

      # nil if `text` is no grant, has expired, belongs to another session, or was made by a version of
      # this gem whose grants are others.
      def self.verify(text, request:)
        content = verifier.verified(text.to_s)
        return unless of_this_version?(content)

        bound_to = content.delete("bound_to")
        return unless bound_to.nil? || ActiveSupport::SecurityUtils.secure_compare(bound_to, binding_of(request).to_s)

        streamables = content.delete("described")
        new(streamables:, **content.symbolize_keys)
      end

      def sign(request:)
        self.class.verifier.generate(to_h.merge(bound_to: self.class.binding_of(request)), expires_in: Runtime.settings.page_expires_in)
      end

      # Of the stream, should it have to be made: see StreamProvisioner.
      def lifetime
        { ttl:, expires_at: expires_at && Time.iso8601(expires_at) }.compact
      end

      # A client's token (see Tokens).
      def token
        Runtime.tokens.client_token(stream_name, permissions:, identity:, expires_in:)
      end

      # What the stream was named by: records (nil for one that is gone) and words.
      def streamables
        described.map { |kind, text| kind == "gid" ? locate(text) : text }
      end

      # A member that is not known here may withhold something.
      def self.of_this_version?(content)
        content.is_a?(Hash) && content.keys.sort == [ *members, :bound_to ].map(&:to_s).sort
      end

      def self.verifier
        ::Rails.application.message_verifier("durable_streams/grant")
      end

      # nil: nothing that a later request would have too. A session that is empty has an id that is
      # never stored.
      def self.binding_of(request)
        session = request.session
        id = session.id if session.enabled? && (session.exists? || !session.empty?)
        cookies = Runtime.settings.session_cookies.filter_map { |name| request.cookies[name.to_s] }
        Digest::SHA256.hexdigest([ id&.public_id, *cookies ].to_json) if id || cookies.any?
      end

      private
        def locate(gid)
          GlobalID::Locator.locate_many([ gid ], ignore_missing: true).first
        end
    end
  end
end
