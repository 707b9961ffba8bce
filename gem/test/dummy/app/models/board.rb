# frozen_string_literal: true

class Board < ApplicationRecord
  streams
end
