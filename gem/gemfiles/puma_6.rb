# frozen_string_literal: true

source Gem.sources.first.uri.to_s

gemspec path: ".."

gem "rails", "8.1.4"
gem "puma", "6.6.1"
gem "minitest", "6.1.0"
eval_gemfile "common.rb"
