# frozen_string_literal: true

module DurableStreams
  module Rails
    # One `streams_to` or `streams` of a model: says which stream a record's changes go to. `target`
    # is the name of a method, a callable that takes the record, or a value that is the same for all.
    class StreamDeclaration
      attr_reader :ttl

      def initialize(target, ttl: nil, constant: false)
        @target = target
        @ttl = ttl
        @constant = constant

        unless constant || target.is_a?(Symbol) || target.respond_to?(:call)
          raise ArgumentError, "streams_to takes the name of a method (:post) or a lambda, not #{target.inspect}"
        end
        raise ArgumentError, "ttl is a duration of at least a second, not #{ttl.inspect}" unless ttl.nil? || ttl.to_i >= 1
      end

      # The streamables for this record as it is; blank ones mean no stream.
      def streamables(record)
        return @target if @constant
        return record.send(@target) if @target.is_a?(Symbol)

        @target.respond_to?(:arity) && @target.arity.zero? ? record.instance_exec(&@target) : @target.call(record)
      end

      # Could the change that was just saved have moved the record to another stream?
      def moved_by?(record, changes)
        return false if @constant || @target == :itself

        association = @target.is_a?(Symbol) && record.class.reflect_on_association(@target)
        return true unless association && association.belongs_to?

        [ association.foreign_key, association.foreign_type ].flatten.compact.any? { |column| changes.key?(column.to_s) }
      end
    end
  end
end
