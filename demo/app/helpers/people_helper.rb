module PeopleHelper
  # The first letters of a name, at most two: "Quiet Heron" => "QH".
  def initials(name)
    name.to_s.split.first(2).map { |word| word[0].upcase }.join
  end

  def time_element(time)
    tag.time time&.strftime("%-d %b, %H:%M"), datetime: time&.iso8601(3), class: "when"
  end
end
