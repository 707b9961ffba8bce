# frozen_string_literal: true

require "test_helper"
require "open3"
require "erb"
require "yaml"

# The guide and the README say what is so: their code is code, their links lead somewhere, and blocks
# that are marked with "<!-- run -->" or "<!-- run: tests -->" do run.
class GuideTest < ActiveSupport::TestCase
  include Needs

  ROOT = File.expand_path("../..", __dir__)
  PAGES = Dir[File.join(ROOT, "docs/guide/*.md"), File.join(ROOT, "gem/README.md")].sort
  BLOCK = /^(?:<!-- (?<mark>run|run: tests) -->\n)?```(?<language>\w+)\n(?<code>.*?)^```$/m

  Block = Data.define(:path, :line, :mark, :language, :code) do
    def place = "#{path.delete_prefix("#{ROOT}/")}:#{line}"
  end

  BLOCKS = PAGES.flat_map do |path|
    text = File.read(path)
    text.to_enum(:scan, BLOCK).map do
      match = Regexp.last_match
      Block.new(path:, line: text[0...match.begin(:code)].count("\n") + 1, **match.named_captures.transform_keys(&:to_sym))
    end
  end

  def self.blocks(language) = BLOCKS.select { |block| block.language == language }

  test "the guide has code" do
    assert_operator BLOCKS.size, :>, 40
    assert_operator BLOCKS.count(&:mark), :>, 8
  end

  test "its Ruby and its templates compile" do
    ruby = self.class.blocks("ruby").map { |block| [ block, block.code ] }
    templates = self.class.blocks("erb").map { |block| [ block, ERB.new(block.code, trim_mode: "-").src ] }
    (ruby + templates).each do |block, code|
      assert RubyVM::InstructionSequence.compile(code)
    rescue SyntaxError => error
      flunk "#{block.place} does not compile: #{error.message}"
    end
  end

  test "its YAML and JSON are well formed" do
    self.class.blocks("yaml").each { |block| assert YAML.safe_load(block.code, aliases: true), block.place }
    self.class.blocks("json").each { |block| assert JSON.parse(block.code), block.place }
  end

  test "its JavaScript compiles" do
    need_program "node", "--version"
    Dir.mktmpdir do |directory|
      self.class.blocks("js").each_with_index do |block, i|
        path = File.join(directory, "#{i}.mjs")
        File.write(path, block.code)
        out, status = Open3.capture2e("node", "--check", path)
        assert status.success?, "#{block.place}: #{out}"
      end
    end
  end

  test "its links lead somewhere" do
    links = PAGES.flat_map { |path| File.read(path).scan(/\]\(([^)\s]+)\)/).flatten.map { |link| [ path, link ] } }
    assert_operator links.size, :>, 30
    links.reject { |_, link| link.start_with?("http") }.each do |path, link|
      file, anchor = link.split("#", 2)
      target = file.empty? ? path : File.expand_path(file, File.dirname(path))
      assert_path_exists target, "#{path}: #{link}"
      assert_includes anchors(target), anchor, "#{path}: #{link}" if anchor
    end
  end

  test "the README lists every setting" do
    readme = File.read(File.join(ROOT, "gem/README.md"))
    missing = DurableStreams::Rails::Settings::NAMES.reject { |name| readme.match?(/^\|.*`#{name}`.*\|/) }
    assert_empty missing
  end

  BLOCKS.select { |block| block.mark == "run" }.each do |block|
    test "#{block.place} runs" do
      subscriber = assert_nothing_raised { instance_eval(block.code, block.path, block.line) }
    ensure
      ActiveSupport::Notifications.unsubscribe(subscriber) if subscriber.is_a?(ActiveSupport::Notifications::Fanout::Subscribers::Evented)
    end
  end

  module Records
    private
      def post = @post ||= Post.create!(title: "Hello")
      def room = @room ||= Room.create!(name: "Lobby")
  end
  include Records

  private
    # As GitHub makes them.
    def anchors(path)
      File.read(path).gsub(/^```.*?^```/m, "").scan(/^#+ (.+)$/).flatten.map do |heading|
        heading.downcase.gsub(/[^\p{Alnum}\- _]/, "").tr(" ", "-")
      end
    end
end

# The tests that the guide shows, as users' tests.
GuideTest::BLOCKS.select { |block| block.mark == "run: tests" }.each_with_index do |block, i|
  tests = Class.new(ActionDispatch::IntegrationTest) do
    include GuideTest::Records
    class_eval(block.code, block.path, block.line)
  end
  Object.const_set(:"GuideExample#{i}Test", tests)
end
