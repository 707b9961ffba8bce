# frozen_string_literal: true

require "digest"
require "rubygems/package"
require "zlib"
require_relative "../lib/durable_streams/rails/server_release"

# What a release consists of: the gem without a binary, one gem a platform with it, and a folder that
# bin/rails durable_streams:download can fetch from.
#
#   rake package                    the gems, into pkg/
#   rake release:bundle             the folder, into pkg/releases/vX.Y.Z/
#
# BINARIES="x86_64-linux=PATH aarch64-linux=PATH" says where binaries are; without it this machine's own
# is built (script/package_binary).
module ReleasePackaging
  Release = DurableStreams::Rails::ServerRelease
  VERSION = DurableStreams::Rails::VERSION
  ROOT = File.expand_path("..", __dir__)
  PACKAGES = File.join(ROOT, "pkg")

  class << self
    # platform => path
    def binaries
      @binaries ||= (given || { Release.platform => built }).each do |platform, path|
        abort "#{platform} is none of #{Release::PLATFORMS.join(", ")}" unless Release::PLATFORMS.include?(platform)
        abort "#{path} is not there, or not executable" unless File.file?(path) && File.executable?(path)
      end
    end

    # With the binary for one platform; without for nil.
    def build_gem(platform, binary)
      specification = Gem::Specification.load(File.join(ROOT, "durable_streams-rails.gemspec")).dup
      carried = File.join("exe", platform.to_s, Release::NAME) if platform
      if platform
        specification.platform = platform
        specification.files += [ carried ]
        FileUtils.mkdir_p(File.dirname(carried))
        FileUtils.cp(binary, carried)
        File.chmod(0o755, carried)
      end
      FileUtils.mkdir_p(PACKAGES)
      Gem::Package.build(specification, false, false, File.join(PACKAGES, specification.file_name))
    ensure
      FileUtils.rm_rf(File.dirname(carried)) if carried
    end

    def write_archive(platform, binary, folder)
      path = File.join(folder, Release.archive_name(VERSION, platform))
      Zlib::GzipWriter.open(path) do |gzip|
        gzip.mtime = 1 # the same binary makes the same archive
        Gem::Package::TarWriter.new(gzip) do |tar|
          tar.add_file_simple(Release::NAME, 0o755, File.size(binary)) { |entry| entry.write(File.binread(binary)) }
        end
      end
      path
    end

    private
      def given
        return if ENV["BINARIES"].to_s.empty?
        ENV["BINARIES"].split.to_h { |pair| pair.split("=", 2) }
      end

      def built
        path = `#{File.join(ROOT, "..", "script", "package_binary")}`.chomp
        $?.success? ? path : abort("the server could not be built")
      end
  end
end

desc "Build the gems: without a binary, and with one for each platform that there is one for"
task :package do
  Dir.chdir(ReleasePackaging::ROOT) do
    ReleasePackaging.build_gem(nil, nil)
    ReleasePackaging.binaries.each { |platform, binary| ReleasePackaging.build_gem(platform, binary) }
  end
end

namespace :release do
  desc "Make a folder of released binaries with their SHA-256 sums (OUT=folder)"
  task :bundle do
    folder = File.join(ENV["OUT"] || File.join(ReleasePackaging::PACKAGES, "releases"), "v#{ReleasePackaging::VERSION}")
    FileUtils.mkdir_p(folder)
    sums = ReleasePackaging.binaries.map do |platform, binary|
      path = ReleasePackaging.write_archive(platform, binary, folder)
      "#{Digest::SHA256.file(path)}  #{File.basename(path)}\n"
    end
    File.write(File.join(folder, "SHA256SUMS"), sums.join)
    puts folder, sums
  end
end
