# A board that is not empty when it is opened for the first time.
return if Post.exists?

people = { "Ada Heron" => 205, "Bo Larch" => 145, "Cleo Finch" => 330, "Dag Rowan" => 28 }
author = ->(name) { { author: name, hue: people.fetch(name) } }

board = [
  [ "Ada Heron", "Start here: open this page twice",
    "Put two windows side by side on this post. What one of them writes, edits or deletes, the other shows at once.\n\n" \
    "Then press “Go offline” in one window, write a few comments in the other, and reconnect: " \
    "the page asks the stream for everything after its last offset. Nothing is missing, nothing is there twice.",
    [ [ "Bo Larch", "Tried it with the laptop lid closed for ten minutes. It picked up exactly where it was." ],
      [ "Cleo Finch", "Edits too! Watch this one change when somebody presses Edit." ] ] ],
  [ "Cleo Finch", "What happens when the stream server dies?",
    "Kill it with signal 9 while somebody is typing. Puma's plugin starts it again, the log on disk has every " \
    "acknowledged event, and each window resumes from its own offset.",
    [ [ "Dag Rowan", "The badge went to “Offline” for a blink, then “Live”. I had to look twice to notice." ] ] ],
  [ "Dag Rowan", "One line in the model",
    "class Comment < ApplicationRecord\n  belongs_to :post\n  streams_to :post\nend",
    [ [ "Ada Heron", "And this page is a hundred lines of JavaScript, without a framework." ],
      [ "Bo Larch", "The panel on the right shows the events as they come in. Handy." ],
      [ "Dag Rowan", "Each one carries a txid, so a client can tell its own changes apart." ] ] ],
  [ "Bo Larch", "Lunch on Friday?", "The place by the canal has a table for eight. Who is in?", [] ]
]

# Spread over the last day, so that the board does not look made in one second.
clock = 26.hours.ago
at = -> { clock += 97.minutes; { created_at: clock, updated_at: clock } }

ApplicationRecord.suppressing_streams do
  board.reverse_each do |name, title, body, comments|
    post = Post.create!(title: title, body: body, **author.(name), **at.())
    comments.each { |commenter, text| post.comments.create!(body: text, **author.(commenter), **at.()) }
  end
end
