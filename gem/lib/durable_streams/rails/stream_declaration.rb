# frozen_string_literal: true

module DurableStreams
  module Rails
    # One `streams_to` or `streams` of a model: says which stream a record's changes go to, and how.
    # `target` is the name of a method, a callable that takes the record, or a value that is the same
    # for all. The options are explained at Broadcastable::ClassMethods#streams_to.
    class StreamDeclaration
      # What goes to a stream: how long the stream lives (seconds when idle, or until a Time), and
      # which attributes of the value it gets (`only`, `except`: lists of strings, or nil).
      Destination = Data.define(:ttl, :expires_at, :only, :except) do
        # Values that are no hashes go as they are.
        def select_from(value)
          return value unless value.is_a?(Hash)

          if only then value.select { |name, _| only.include?(name.to_s) }
          elsif except then value.reject { |name, _| except.include?(name.to_s) }
          else value
          end
        end
      end

      def initialize(target, ttl: nil, expires_at: nil, only: nil, except: nil, constant: false)
        @target = target
        @ttl = ttl
        @expires_at = expires_at
        @only, @except = [ only, except ].map { |names| names && Array(names).map(&:to_s).freeze }
        @constant = constant
        check
      end

      # The streamables for this record as it is; blank ones mean no stream.
      def streamables(record)
        return @target if @constant
        return record.send(@target) if @target.is_a?(Symbol)

        result_of(@target, record)
      end

      def destination(record)
        expires_at = @expires_at.respond_to?(:call) ? result_of(@expires_at, record) : @expires_at
        Destination.new(ttl: (@ttl unless expires_at), expires_at:, only: @only, except: @except)
      end

      # Could the change that was just saved have moved the record to another stream?
      def moved_by?(record, changes)
        return false if @constant || @target == :itself

        association = @target.is_a?(Symbol) && record.class.reflect_on_association(@target)
        return true unless association && association.belongs_to?

        [ association.foreign_key, association.foreign_type ].flatten.compact.any? { |column| changes.key?(column.to_s) }
      end

      private
        def check
          unless @constant || @target.is_a?(Symbol) || @target.respond_to?(:call)
            raise ArgumentError, "streams_to takes the name of a method (:post) or a lambda, not #{@target.inspect}"
          end
          raise ArgumentError, "give only: or except:, not both" if @only && @except
          StreamLifetime.check(ttl: @ttl, expires_at: (@expires_at unless @expires_at.respond_to?(:call)))
        end

        def result_of(callable, record)
          callable.respond_to?(:arity) && callable.arity.zero? ? record.instance_exec(&callable) : callable.call(record)
        end
    end
  end
end
