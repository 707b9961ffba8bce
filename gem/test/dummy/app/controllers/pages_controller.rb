# frozen_string_literal: true

# Pages for tests in a browser. What happens at certain moments of a request is the test's to say.
class PagesController < ApplicationController
  class << self
    # Called with the post: when the page's queries have run; when it is rendered.
    attr_accessor :queried, :rendered
    # Options of the page's element.
    attr_accessor :source_options
  end

  before_action { session[:visitor] ||= "ada" }
  after_action { self.class.rendered&.call(@post) }

  def show
    load_page
  end

  def turbo
    load_page
  end

  # To go to and come back from.
  def empty
    @post = Post.find(params[:id])
  end

  def sign_out
    reset_session
    head :no_content
  end

  private
    def load_page
      @post = Post.find(params[:id])
      @comments = @post.comments.order(:id).to_a
      @source_options = self.class.source_options.to_h
      self.class.queried&.call(@post)
    end
end
