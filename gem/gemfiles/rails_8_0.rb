# frozen_string_literal: true

source Gem.sources.first.uri.to_s

gemspec path: ".."

gem "rails", "8.0.5"
gem "puma", "8.0.2"
gem "minitest", "6.1.0"
eval_gemfile "common.rb"
