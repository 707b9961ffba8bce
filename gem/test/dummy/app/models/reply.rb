# frozen_string_literal: true

class Reply < Comment
end
