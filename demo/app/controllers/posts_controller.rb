class PostsController < ApplicationController
  def index
    @posts = Post.order(id: :desc)
  end

  def show
    @post = Post.find(params[:id])
    @comments = @post.comments
  end

  def create
    render json: Post.create!(post_params), status: :created
  end

  def update
    post = Post.find(params[:id])
    post.update!(post_params)
    render json: post
  end

  def destroy
    Post.find(params[:id]).destroy!
    head :no_content
  end

  private
    def post_params
      params.expect(post: %i[ author hue title body ])
    end
end
