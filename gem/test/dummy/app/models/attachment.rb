# frozen_string_literal: true

class Attachment < ApplicationRecord
  belongs_to :holder, polymorphic: true, optional: true

  streams_to :holder
end
