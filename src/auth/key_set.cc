#include "auth/key_set.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "auth/base64url.h"
#include "auth/errc.h"

namespace durable_streams::auth {

namespace dom = simdjson::dom;

// Puts keys and their names together, and refuses what cannot be told apart.
class KeyCollector {
 public:
  // `kid` may be empty: the thumbprint is a name anyhow.
  Result<void> add(PublicKey key, std::string kid) {
    const std::string& thumbprint = key.thumbprint();
    for (const PublicKey& known : set_.keys_) {
      if (known.thumbprint() == thumbprint) return add_name_of(known, std::move(kid));
    }
    if (set_.keys_.size() == keys_max) {
      return fail(Errc::unusable_key,
                  fmt::format("there are more than {} keys", keys_max));
    }
    const size_t index = set_.keys_.size();
    set_.names_.push_back({thumbprint, index});
    set_.keys_.push_back(std::move(key));
    return add_name(std::move(kid), index);
  }

  KeySet take() { return std::move(set_); }
  bool empty() const { return set_.keys_.empty(); }

 private:
  // The same key under a second name is fine.
  Result<void> add_name_of(const PublicKey& known, std::string kid) {
    return add_name(std::move(kid), static_cast<size_t>(&known - set_.keys_.data()));
  }

  Result<void> add_name(std::string kid, size_t index) {
    if (kid.empty()) return {};
    for (const KeySet::Name& name : set_.names_) {
      if (name.kid != kid) continue;
      if (name.key == index) return {};
      return fail(Errc::unusable_key, fmt::format("two keys are named \"{}\"", kid));
    }
    set_.names_.push_back({std::move(kid), index});
    return {};
  }

  KeySet set_;
};

namespace {

// Far more than keys_max keys take.
constexpr size_t key_file_bytes_max = 1024 * 1024;

Error in_file(Error error, const std::string& path) {
  error.detail = fmt::format("{}: {}", path, error.detail);
  return error;
}

Result<std::string> read_file(const std::string& path, FileSystem& files) {
  auto file = files.open_readable(path);
  if (!file) return fail(file.error());
  const Result<uint64_t> size = (*file)->size();
  if (!size) return fail(size.error());
  if (*size > key_file_bytes_max) {
    return fail(Errc::unusable_key, path + ": it is too large for a file of keys");
  }
  std::string text(*size, '\0');
  const Result<size_t> got = (*file)->read_at(0, text.data(), text.size());
  if (!got) return fail(got.error());
  text.resize(*got);
  return text;
}

// "/keys/2025-06.pem" → "2025-06".
std::string stem_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  return dot == 0 ? name : name.substr(0, dot);
}

Result<void> add_pem(std::string_view text, const std::string& path,
                     KeyCollector& into) {
  Result<std::vector<PublicKey>> keys = PublicKey::parse_pem(text);
  if (!keys) return fail(keys.error());
  // Where there are several in a file its name cannot tell which.
  const std::string kid = keys->size() == 1 ? stem_of(path) : std::string();
  for (PublicKey& key : *keys) {
    if (Result<void> added = into.add(std::move(key), kid); !added) return added;
  }
  return {};
}

// An absent member counts as "".
Result<std::string_view> string_member(const dom::object& jwk, const char* name) {
  const auto member = jwk[name];
  if (member.error() == simdjson::NO_SUCH_FIELD) return std::string_view();
  std::string_view text;
  if (member.get(text) != simdjson::SUCCESS) {
    return fail(Errc::unusable_key, fmt::format("\"{}\" of a key is no string", name));
  }
  return text;
}

// Whether a JWK is meant for checking ES256 signatures.
Result<bool> is_for_es256(const dom::object& jwk) {
  const std::pair<const char*, std::string_view> wanted[] = {
      {"kty", "EC"}, {"crv", "P-256"}, {"use", "sig"}, {"alg", "ES256"}};
  for (const auto& [name, value] : wanted) {
    const Result<std::string_view> member = string_member(jwk, name);
    if (!member) return fail(member.error());
    const bool is_optional =
        name == std::string_view("use") || name == std::string_view("alg");
    if (*member != value && !(is_optional && member->empty())) return false;
  }
  return true;
}

Result<void> add_jwk(const dom::object& jwk, KeyCollector& into) {
  const Result<bool> usable = is_for_es256(jwk);
  if (!usable) return fail(usable.error());
  if (!*usable) return {};
  if (jwk["d"].error() != simdjson::NO_SUCH_FIELD) {
    return fail(
        Errc::unusable_key,
        "it holds a private key (\"d\"); the server needs the public part alone");
  }
  std::string coordinates[2];
  for (const auto& [name, bytes] :
       {std::pair("x", &coordinates[0]), {"y", &coordinates[1]}}) {
    const Result<std::string_view> text = string_member(jwk, name);
    if (!text) return fail(text.error());
    const auto decoded = base64url_decode(*text);
    if (!decoded) {
      return fail(Errc::unusable_key,
                  fmt::format("\"{}\" of a key is no base64url", name));
    }
    *bytes = *decoded;
  }
  Result<PublicKey> key = PublicKey::from_point(coordinates[0], coordinates[1]);
  if (!key) return fail(key.error());
  const Result<std::string_view> kid = string_member(jwk, "kid");
  if (!kid) return fail(kid.error());
  return into.add(std::move(*key), std::string(*kid));
}

Result<void> add_jwks(std::string_view text, KeyCollector& into) {
  dom::parser parser;
  dom::object root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) {
    return fail(Errc::unusable_key, "it begins like a JWK Set but is not valid JSON");
  }
  if (root["keys"].error() == simdjson::NO_SUCH_FIELD) return add_jwk(root, into);
  dom::array keys;
  if (root["keys"].get(keys) != simdjson::SUCCESS) {
    return fail(Errc::unusable_key, "\"keys\" is no array");
  }
  for (const dom::element element : keys) {
    dom::object jwk;
    if (element.get(jwk) != simdjson::SUCCESS) {
      return fail(Errc::unusable_key, "\"keys\" holds what is no object");
    }
    if (Result<void> added = add_jwk(jwk, into); !added) return added;
  }
  return {};
}

Result<void> add_file(const std::string& path, FileSystem& files, KeyCollector& into) {
  const Result<std::string> text = read_file(path, files);
  if (!text) return fail(text.error());
  const size_t first = text->find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string::npos && (*text)[first] == '{';
  const Result<void> added =
      is_json ? add_jwks(*text, into) : add_pem(*text, path, into);
  if (!added) return fail(in_file(added.error(), path));
  return {};
}

}  // namespace

Result<KeySet> KeySet::load(const std::string& path, FileSystem& files) {
  KeyCollector collector;
  const auto names = files.list(path);
  if (!names && names.error().code == std::errc::not_a_directory) {
    if (Result<void> added = add_file(path, files, collector); !added) {
      return fail(added.error());
    }
  } else if (!names) {
    return fail(names.error());
  } else {
    for (const std::string& name : *names) {
      if (!name.ends_with(".pem")) continue;
      if (Result<void> added = add_file(path + "/" + name, files, collector); !added) {
        return fail(added.error());
      }
    }
  }
  if (collector.empty()) {
    return fail(Errc::unusable_key,
                path + ": there is no EC P-256 key for ES256 in it");
  }
  return collector.take();
}

std::span<const PublicKey> KeySet::candidates(
    std::optional<std::string_view> kid) const {
  if (!kid || keys_.size() == 1) return keys_;
  for (const Name& name : names_) {
    if (name.kid == *kid) return std::span(keys_).subspan(name.key, 1);
  }
  return {};
}

}  // namespace durable_streams::auth
