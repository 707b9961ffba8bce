#include "client/url.h"

#include <algorithm>

#include "durable_streams/stream.h"

namespace durable_streams::client {
namespace {

constexpr std::string_view scheme = "http://";

tl::unexpected<Error> refuse(std::string sentence) {
  Error error;
  error.code = ErrorCode::invalid_argument;
  error.message = std::move(sentence);
  return tl::unexpected<Error>(std::move(error));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_unreserved(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
// RFC 3986's pchar, and "/".
bool is_path_char(char c) {
  return is_unreserved(c) ||
         std::string_view("!$&'()*+,;=:@/").find(c) != std::string::npos;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_encoded(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

template <class Keep>
std::string encode(std::string_view text, Keep keep) {
  std::string encoded;
  for (const char c : text) {
    if (keep(c)) {
      encoded += c;
    } else {
      append_encoded(encoded, c);
    }
  }
  return encoded;
}

std::string decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '%' && i + 2 < text.size() &&
                         hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (escaped) {
      decoded +=
          static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 ||
      !std::all_of(text.begin(), text.end(), is_digit)) {
    return false;
  }
  const int port = std::stoi(std::string(text));
  return port > 0 && port <= 65535;
}

bool is_host(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_unreserved(c) || c == ':';
  });
}

// Takes "host", "host:port", "[v6]" or "[v6]:port".
bool parse_authority(std::string_view text, Url& url) {
  std::string_view host = text;
  std::string_view port = "80";
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return false;
    if (!rest.empty()) port = rest.substr(1);
  } else if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  url.host = std::string(host);
  url.port = std::string(port);
  return is_host(host) && is_port(port);
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != "80") text += ":" + port;
  return text;
}

std::string Url::origin() const {
  return std::string(scheme) + authority();
}

Result<Url> parse_url(std::string_view text) {
  if (text.starts_with("https://")) {
    return refuse(
        "https:// is not supported yet; use http:// to a server on this machine "
        "or on a private network");
  }
  if (!text.starts_with(scheme)) {
    return refuse("\"" + std::string(text) +
                  "\" is not a URL that starts with http://");
  }
  std::string_view rest = text.substr(scheme.size());
  if (rest.find('#') != std::string_view::npos) {
    return refuse(
        "a stream's URL has no part behind #; write %23 if the name holds one");
  }
  const size_t query_start = rest.find('?');
  const std::string_view query =
      query_start == std::string_view::npos ? "" : rest.substr(query_start + 1);
  rest = rest.substr(0, query_start);

  Url url;
  const size_t path_start = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, path_start);
  if (authority.find('@') != std::string_view::npos) {
    return refuse("a URL with a user name or password is not taken; use a token");
  }
  if (!parse_authority(authority, url)) {
    return refuse("\"" + std::string(authority) + "\" is not a host, or host:port");
  }
  url.target = encode(rest.substr(path_start),
                      [](char c) { return is_path_char(c) || c == '%'; });
  if (url.target.empty()) url.target = "/";
  if (query.starts_with("token=") && query.find('&') == std::string_view::npos) {
    url.token = decode(query.substr(6));
  } else if (!query.empty()) {
    return refuse(
        "a stream's URL takes no query but ?token=; write %3F if the name holds "
        "a question mark");
  }
  return url;
}

std::string encode_name(std::string_view name) {
  return encode(name, is_path_char);
}

std::string encode_query_value(std::string_view value) {
  return encode(value, is_unreserved);
}

std::string stream_url(std::string_view base, std::string_view name) {
  if (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base) + "/" + encode_name(name);
}

}  // namespace durable_streams::client
