# frozen_string_literal: true

require "test_helper"

class KeysTest < ActiveSupport::TestCase
  include LiveServer

  Keys = DurableStreams::Rails::Keys

  setup do
    @settings = DurableStreams::Rails::Settings.new
    @root = Dir.mktmpdir
    @local = DurableStreams::Rails::LocalKeys.new(@root)
    @key = OpenSSL::PKey::EC.generate("prime256v1")
  end

  teardown { FileUtils.rm_rf(@root) }

  test "the setting comes first, as a PEM text, one with its newlines spelled out, or a key" do
    [ @key.private_to_pem, @key.private_to_pem.gsub("\n", "\\n"), @key ].each do |value|
      @settings.signing_key = value
      assert_equal @key.private_to_pem, Keys.signing_key(@settings).private_to_pem
    end
  end

  test "what is no ES256 private key is refused" do
    [ "nonsense", @key.public_to_pem, OpenSSL::PKey::EC.generate("secp384r1").private_to_pem,
      OpenSSL::PKey::RSA.new(2048).private_to_pem ].each do |value|
      @settings.signing_key = value
      assert_raises(ArgumentError) { Keys.signing_key(@settings) }
    end
  end

  test "tests and development need no key" do
    assert_equal "prime256v1", Keys.signing_key(@settings).group.curve_name
    assert File.exist?(Rails.root.join("tmp/durable_streams/verify_key.pem"))
  end

  test "production without a key raises with the command to run" do
    in_production do
      error = assert_raises(DurableStreams::Rails::KeyMissing) { Keys.signing_key(@settings) }
      assert_match "bin/rails durable_streams:generate_keys", error.message
    end
  end

  test "the local pair is made once, for the owner alone" do
    pem = @local.ensure

    assert_equal pem, @local.ensure
    assert_equal OpenSSL::PKey.read(pem).public_to_pem, File.read(@local.verify_key_path)
    assert_equal [ "600", "600" ], [ @local.signing_key_path, @local.verify_key_path ].map { |path| (File.stat(path).mode & 0o777).to_s(8) }
  end

  test "a lost public part comes back" do
    pem = @local.ensure
    File.delete(@local.verify_key_path)

    assert_equal pem, @local.ensure
    assert_equal OpenSSL::PKey.read(pem).public_to_pem, File.read(@local.verify_key_path)
  end

  test "processes that come at once get the same pair" do
    readers = Array.new(4) do
      reader, writer = IO.pipe
      fork do
        reader.close
        writer.write DurableStreams::Rails::LocalKeys.new(@root).ensure
        writer.close
        exit!(0)
      end
      writer.close
      reader
    end
    assert_equal 1, readers.map(&:read).uniq.size
  ensure
    Process.waitall
  end

  test "who comes while another makes the pair waits for it, and takes that" do
    FileUtils.mkdir_p(@local.directory)
    path = File.join(@local.directory, ".lock")
    File.open(path, File::RDWR | File::CREAT) do |lock|
      lock.flock(File::LOCK_EX)
      late = Thread.new { @local.ensure }
      eventually { !late.alive? || (late.stop? && ObjectSpace.each_object(File).count { |file| !file.closed? && file.path == path } == 2) }
      File.write(@local.signing_key_path, @key.private_to_pem)
      lock.flock(File::LOCK_UN)
      assert_equal @key.private_to_pem, late.value
    end
  end

  test "the public part of a key from the credentials can be put there" do
    @local.ensure
    @local.publish(@key)
    assert_equal @key.public_to_pem, File.read(@local.verify_key_path)
  end

  private
    def in_production
      memo = Keys.instance_variable_get(:@local_keys)
      Keys.instance_variable_set(:@local_keys, nil)
      before, Rails.env = Rails.env, "production"
      yield
    ensure
      Rails.env = before
      Keys.instance_variable_set(:@local_keys, memo)
    end
end
