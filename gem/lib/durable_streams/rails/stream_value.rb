# frozen_string_literal: true

module DurableStreams
  module Rails
    # What a record publishes of itself unless it says otherwise: `as_json`, without what its class
    # filters from logs (`filter_attributes`; that includes the app's `filter_parameters` and
    # encrypted attributes), at any depth.
    module StreamValue
      FILTERED = Object.new.freeze

      def self.of(record)
        without_filtered ActiveSupport::ParameterFilter.new(record.class.filter_attributes, mask: FILTERED).filter(record.as_json)
      end

      def self.without_filtered(json)
        case json
        when Hash then json.reject { |_, value| FILTERED.equal?(value) }.transform_values { |value| without_filtered(value) }
        when Array then json.reject { |value| FILTERED.equal?(value) }.map { |value| without_filtered(value) }
        else json
        end
      end
      private_class_method :without_filtered
    end
  end
end
