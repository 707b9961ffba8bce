class CommentsController < ApplicationController
  def create
    comment = Post.find(params[:post_id]).comments.create!(comment_params)
    render json: comment, status: :created
  end

  def update
    comment = Comment.find(params[:id])
    comment.update!(comment_params)
    render json: comment
  end

  def destroy
    Comment.find(params[:id]).destroy!
    head :no_content
  end

  private
    def comment_params
      params.expect(comment: %i[ author hue body ])
    end
end
