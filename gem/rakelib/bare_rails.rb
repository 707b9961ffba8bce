# frozen_string_literal: true

# Under lib/ a bare `Rails` is a mistake: inside `module DurableStreams` it would be this gem's own
# module, so the framework is written ::Rails and the gem's own module DurableStreams::Rails.
# Exits with 1 and a line for each mistake.

require "ripper"

mistakes = Dir[File.expand_path("../lib/**/*.{rb,rake}", __dir__)].flat_map do |path|
  tokens = Ripper.lex(File.read(path)).reject { |_, type,| type == :on_sp }
  tokens.each_cons(2).filter_map do |(_, _, before), (position, type, text)|
    next unless type == :on_const && text == "Rails" && !%w[:: module].include?(before)
    "#{path.delete_prefix(Dir.pwd + "/")}:#{position[0]}: write ::Rails or DurableStreams::Rails"
  end
end

puts mistakes
exit mistakes.empty?
