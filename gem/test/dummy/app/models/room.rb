# frozen_string_literal: true

# Declares nothing: its broadcasts are made by hand. It has a scope of its own that is called like
# the class macro.
class Room < ApplicationRecord
  scope :streams, -> { where(streams_enabled: true) }
end
