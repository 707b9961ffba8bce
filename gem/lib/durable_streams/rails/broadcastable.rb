# frozen_string_literal: true

module DurableStreams
  module Rails
    # Mixed into Active Record: declares on a model where its changes are broadcast, and broadcasts
    # a record by hand. Every method that is added here is a name that no model's column may have, so
    # what is not promised to users begins with "durable_stream".
    #
    #   class Comment < ApplicationRecord
    #     belongs_to :post
    #     streams_to :post
    #   end
    module Broadcastable
      extend ActiveSupport::Concern

      autoload :TestHelper, "durable_streams/rails/broadcastable/test_helper"
      autoload :LiveTestHelper, "durable_streams/rails/broadcastable/test_helper"

      SUPPRESSED = :durable_streams_suppressed_classes

      included do
        class_attribute :durable_stream_declarations, instance_accessor: false, instance_predicate: false, default: [].freeze
        delegate :suppressed_streams?, to: :class
        subclasses.each { |subclass| subclass.extend StreamsMacro }
      end

      # `streams` is given to the subclasses only: if the base class had it, Active Record would take
      # it for one of its own methods and refuse a model's `scope :streams`.
      module StreamsMacro
        # Broadcasts inserts, updates and deletes to the record's own stream and to the collection's
        # (`model_name.plural`, or the name given; `collection: false` leaves it out).
        #
        #   streams                      # => gid://app/Board/1 and boards
        #   streams "all_boards"         # => gid://app/Board/1 and all_boards
        #   streams collection: false    # => gid://app/Board/1
        #
        # Takes the options of streams_to.
        def streams(name = nil, collection: true, **options)
          declare_stream StreamDeclaration.new(:itself, **options)
          declare_stream StreamDeclaration.new(name || model_name.plural, **options, constant: true) if collection
        end
      end

      module ClassMethods
        def inherited(subclass)
          super
          subclass.extend StreamsMacro if self == ::ActiveRecord::Base
        end

        # Broadcasts inserts, updates and deletes, after commit and in a job, to the stream of what
        # the method or lambda answers. Nothing is sent when that is blank, nor by a save that
        # changed nothing, nor by `touch`. A record that moves is deleted there and inserted here.
        #
        #   streams_to :post                                         # => gid://app/Post/1
        #   streams_to ->(comment) { [ comment.post, :comments ] }   # => gid://app/Post/1/comments
        #   streams_to :commentable                                  # polymorphic: whichever it is
        #
        # `only:` or `except:` choose among the attributes of the value (see to_stream_value). They
        # can not bring back what `filter_attributes` filters: override to_stream_value for that.
        #
        #   streams_to :post, only: %i[id body]
        #   streams_to :moderators, except: :ip_address
        #
        # `ttl:` or `expires_at:` (a time, or a lambda that takes the record) is the life of the
        # stream, if this event is its first: how long when idle, or until when.
        #
        #   streams_to :post, ttl: 30.days
        #   streams_to :auction, expires_at: ->(bid) { bid.auction.ends_at + 1.day }
        #
        # Errors: ArgumentError for what is neither method nor callable, and for options that make
        # no sense.
        def streams_to(target, **options)
          declare_stream StreamDeclaration.new(target, **options)
        end

        # Inside the block nothing of this class and its subclasses is broadcast, neither by hand
        # nor by declaration. Holds for the current fiber alone: a thread that a pool happens to
        # start inside the block must not stay silent for ever.
        def suppressing_streams
          suppressed = Thread.current[SUPPRESSED]
          Thread.current[SUPPRESSED] = [ *suppressed, self ]
          yield
        ensure
          Thread.current[SUPPRESSED] = suppressed
        end

        def suppressed_streams?
          !!Thread.current[SUPPRESSED]&.any? { |suppressed| self <= suppressed }
        end

        private
          def declare_stream(declaration)
            include DeclaredStreams unless include?(DeclaredStreams)
            self.durable_stream_declarations = [ *durable_stream_declarations, declaration ].freeze
          end
      end

      # stream_insert_to, stream_update_to, stream_upsert_to, stream_delete_to: send one event about
      # this record to the stream of the streamables, and answer its txid; nil when suppressed or
      # when every streamable is blank. Inside a transaction the event is sent once it has committed.
      #
      # Without `_to` the stream is the record's own. With `_later` a job sends it. `delete` has no
      # value. An older event of the record that arrives after a newer one is dropped. All take `ttl:`
      # or `expires_at:`, as streams_to does.
      #
      #   comment.stream_upsert_to post, :comments
      #   comment.stream_delete_later
      #   room.stream_update ttl: 1.hour
      %w[insert update upsert delete].each do |operation|
        define_method(:"stream_#{operation}_to") do |*streamables, **lifetime|
          durable_streams_event(operation, streamables, lifetime) do |broadcast|
            DurableStreams.send(:deliver_broadcast, broadcast, self.class)
          end
        end

        define_method(:"stream_#{operation}_later_to") do |*streamables, **lifetime|
          durable_streams_event(operation, streamables, lifetime) do |broadcast|
            DurableStreams.send(:enqueue_broadcast, broadcast, self.class)
          end
        end

        define_method(:"stream_#{operation}") { |**lifetime| public_send(:"stream_#{operation}_to", self, **lifetime) }
        define_method(:"stream_#{operation}_later") { |**lifetime| public_send(:"stream_#{operation}_later_to", self, **lifetime) }
      end

      private
        # The `value` of this record's events; override it to choose. By default `as_json` without
        # what `filter_attributes` filters, at any depth (which Rails fills with the app's
        # `filter_parameters`: in a new app these include `email`, `token` and `secret`).
        #
        #   private
        #     def to_stream_value
        #       { id:, body:, author: author.name }
        #     end
        def to_stream_value
          StreamValue.of(self)
        end

        def durable_streams_event(operation, streamables, lifetime)
          return if suppressed_streams? || streamables.flatten.all?(&:blank?)
          raise ArgumentError, "a new #{self.class.name} can't be broadcast: save it first" if id.nil?

          yield DurableStreams.send(:build_broadcast, streamables,
            type: model_name.singular, key: Broadcast.key_of(self), operation:,
            value: (to_stream_value unless operation == "delete"),
            producer: durable_streams_producer, **lifetime)
        end

        # The outbox keeps order by itself.
        def durable_streams_producer
          [ to_gid.to_s, Runtime.record_version.take(self.class) ] unless Outbox.enabled?
        end
    end
  end
end
