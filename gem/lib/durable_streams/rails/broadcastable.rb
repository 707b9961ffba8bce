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
        def streams(name = nil, collection: true, ttl: nil)
          declare_stream StreamDeclaration.new(:itself, ttl:)
          declare_stream StreamDeclaration.new(name || model_name.plural, ttl:, constant: true) if collection
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
        #   streams_to :post                                # => gid://app/Post/1
        #   streams_to ->(comment) { [ comment.post, :comments ] }, ttl: 1.day
        #                                                   # => gid://app/Post/1/comments
        def streams_to(target, ttl: nil)
          declare_stream StreamDeclaration.new(target, ttl:)
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
      # value. An older event of the record that arrives after a newer one is dropped.
      %w[insert update upsert delete].each do |operation|
        define_method(:"stream_#{operation}_to") do |*streamables|
          durable_streams_event(operation, streamables) { |broadcast| DurableStreams.send(:deliver_broadcast, broadcast) }
        end

        define_method(:"stream_#{operation}_later_to") do |*streamables|
          durable_streams_event(operation, streamables) { |broadcast| DurableStreams.send(:enqueue_broadcast, broadcast) }
        end

        define_method(:"stream_#{operation}") { public_send(:"stream_#{operation}_to", self) }
        define_method(:"stream_#{operation}_later") { public_send(:"stream_#{operation}_later_to", self) }
      end

      private
        # The `value` of this record's events; override it to choose. By default `as_json` without
        # what `filter_attributes` filters.
        def to_stream_value
          StreamValue.of(self)
        end

        def durable_streams_event(operation, streamables)
          return if suppressed_streams? || streamables.flatten.all?(&:blank?)
          raise ArgumentError, "a new #{self.class.name} can't be broadcast: save it first" if id.nil?

          yield DurableStreams.send(:build_broadcast, streamables,
            type: model_name.singular, key: Broadcast.key_of(self), operation:,
            value: (to_stream_value unless operation == "delete"),
            producer: [ to_gid.to_s, Runtime.record_version.take(self.class) ])
        end
    end
  end
end
