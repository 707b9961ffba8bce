# frozen_string_literal: true

module Bench
  # Rows of words and numbers as a markdown table.
  class Table
    # `left`: the columns that hold words.
    def initialize(headings, left: [ 0 ])
      @headings = headings
      @left = left
    end

    # `rows` are arrays of strings.
    def to_s(rows)
      widths = @headings.each_index.map { |i| [ @headings, *rows ].map { |row| row[i].size }.max }
      [ line(@headings, widths), rule(widths), *rows.map { |row| line(row, widths) } ].join("\n")
    end

    private
      def line(cells, widths)
        "| #{cells.each_with_index.map { |cell, i| @left.include?(i) ? cell.ljust(widths[i]) : cell.rjust(widths[i]) }.join(" | ")} |"
      end

      def rule(widths)
        "|#{widths.each_with_index.map { |width, i| @left.include?(i) ? "-" * (width + 2) : "#{"-" * (width + 1)}:" }.join("|")}|"
      end
  end
end
