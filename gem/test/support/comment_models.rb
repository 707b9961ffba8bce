# frozen_string_literal: true

# Models with other declarations than the dummy app's, on the comments' table.
#
#   comment_model(:Limited) { streams_to :post, ttl: 1.hour }
module CommentModels
  def comment_model(name, &body)
    const_set(name, Class.new(ApplicationRecord)).class_eval do
      self.table_name = "comments"
      self.inheritance_column = nil
      belongs_to :post, optional: true
      class_eval(&body)
    end
  end
end
