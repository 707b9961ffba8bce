ENV["RAILS_ENV"] ||= "test"
require_relative "../config/environment"
require "rails/test_help"

class ActiveSupport::TestCase
  def create_post(**attributes)
    Post.create!(author: "Ada", hue: 10, title: "A post", **attributes)
  end
end
