# frozen_string_literal: true

class Comment < ApplicationRecord
  belongs_to :post, optional: true, touch: true

  streams_to :post
end
