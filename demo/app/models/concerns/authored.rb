# Written under a name and a colour that the visitor's window chose; the demo has
# no accounts.
module Authored
  extend ActiveSupport::Concern

  included do
    validates :author, presence: true, length: { maximum: 40 }
    validates :hue, inclusion: { in: 0..359 }
  end
end
