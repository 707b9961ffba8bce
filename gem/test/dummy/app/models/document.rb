# frozen_string_literal: true

class Document < ApplicationRecord
  private
    def to_stream_value
      { title: name }
    end
end
