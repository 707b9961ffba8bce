# frozen_string_literal: true

source Gem.sources.first.uri.to_s

gemspec path: ".."

gem "rails", "8.0.5"
gem "puma", "8.0.2"
gem "minitest", "6.1.0"
gem "json", "2.7.2" # 3 is for Rails 8.1
eval_gemfile "common.rb"
