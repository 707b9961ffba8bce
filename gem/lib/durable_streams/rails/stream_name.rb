# frozen_string_literal: true

module DurableStreams
  module Rails
    # The one place where streamables become a stream's name. A name decides who may read what: the
    # server compares it with the token's claim, byte for byte. So two lists of streamables have the
    # same name only if they are the same list (blank ones aside), and no text, wherever it comes
    # from, can spell a record's name or reach beyond the prefix.
    #
    #   [room, :messages]  # => "gid://app/Room/1/messages"
    #   [room, nil, ""]    # => "gid://app/Room/1"
    #   "a/b"              # => "a%2Fb", so not the name of ["a", "b"], which is "a/b"
    #   []                 # => nil
    #
    # Errors: ArgumentError for a record that has no id yet, and for text that is not valid UTF-8.
    module StreamName
      # The parts' own escapes are made of "%", so it is escaped too, or "%2F" could be told twice.
      RESERVED = { "/" => "%2F", "%" => "%25" }.freeze
      # Most text: it stays as it is.
      PLAIN = /\A[\w:-]+\z/
      DOTS = /\A\.{1,2}\z/

      def self.part(streamable)
        return text_part(streamable) if streamable.is_a?(String)
        return if streamable.blank?
        return streamable.to_s if defined?(::GlobalID) && streamable.is_a?(::GlobalID)
        return record_part(streamable) if streamable.respond_to?(:to_gid)

        text_part(streamable.to_param.to_s)
      end

      def self.record_part(record)
        # A URL's last segment must not be "." or ".." either: browsers would resolve it.
        record.to_gid.to_s.gsub(%r{(?<=/)\.{1,2}(?=/|\z)}) { |dots| dots.gsub(".", "%2E") }
      rescue ::URI::GID::MissingModelIdError
        raise ArgumentError, "a new #{record.class.name} has no stream yet: save it first"
      end

      def self.text_part(text)
        return text if text.ascii_only? && text.match?(PLAIN)
        return if text.blank?

        text = text.encode(Encoding::UTF_8)
        raise ArgumentError, "a stream's name is valid UTF-8, unlike #{text.inspect}" unless text.valid_encoding?

        text.match?(DOTS) ? text.gsub(".", "%2E") : text.gsub(%r{[/%]}, RESERVED)
      end
      private_class_method :record_part, :text_part

      private
        # Of one streamable, or of a list, nested or not. nil if nothing is left to make a name of.
        def stream_name_from(streamables)
          parts = Array.wrap(streamables).flatten.filter_map { |streamable| StreamName.part(streamable) }
          return if parts.empty?

          name = parts.join("/")
          prefix = Runtime.settings.stream_prefix
          prefix ? "#{prefix}/#{name}" : name
        end

        def stream_name_from!(streamables)
          stream_name_from(streamables) or
            raise ArgumentError, "which stream? Every streamable was blank: #{streamables.inspect}"
        end
    end
  end
end
