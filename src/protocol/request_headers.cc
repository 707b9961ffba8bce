#include "protocol/request_headers.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "base/limits.h"
#include "protocol/ascii.h"

namespace durable_streams::protocol {
namespace {

// Decimal digits, nothing else; nullopt also beyond `max`.
std::optional<uint64_t> parse_decimal(std::string_view text, uint64_t max) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value > max) return std::nullopt;
  return value;
}

// Appends `raw` with its percent escapes decoded. False at a broken escape,
// which is kept as it stands.
bool percent_decode(std::string_view raw, bool plus_is_space, std::string& out) {
  bool whole = true;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '+' && plus_is_space) {
      out.push_back(' ');
      continue;
    }
    const int high = raw[i] == '%' && i + 2 < raw.size() ? hex_value(raw[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(raw[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
      continue;
    }
    if (raw[i] == '%') whole = false;
    out.push_back(raw[i]);
  }
  return whole;
}

// Reads a timestamp from the front of a text, bit by bit.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }

  // The number of exactly `count` digits, within the bounds; else not ok().
  int number(size_t count, int low, int high) {
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (text_.empty() || !is_digit(text_.front())) return fail();
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value < low || value > high ? fail() : value;
  }

  // Whether one of `choices` came next; it is then skipped.
  char take_one_of(std::string_view choices) {
    if (text_.empty() || choices.find(text_.front()) == std::string_view::npos)
      return '\0';
    const char taken = text_.front();
    text_.remove_prefix(1);
    return taken;
  }

  void expect(std::string_view choices) {
    if (take_one_of(choices) == '\0') ok_ = false;
  }

  // Digits behind the point as milliseconds; finer ones are cut off.
  int fraction_ms() {
    int value = 0;
    int scale = 100;
    size_t digits = 0;
    for (; !text_.empty() && is_digit(text_.front()); ++digits) {
      value += (text_.front() - '0') * scale;
      scale /= 10;
      text_.remove_prefix(1);
    }
    return digits == 0 ? fail() : value;
  }

  bool ok() const { return ok_; }

 private:
  int fail() {
    ok_ = false;
    return 0;
  }

  std::string_view text_;
  bool ok_ = true;
};

constexpr BadRequest bad_expires_at{
    "invalid_expires_at",
    "Stream-Expires-At must be an RFC 3339 timestamp, such as 2030-01-31T12:00:00Z."};

}  // namespace

bool is_stream_closed(std::string_view value) {
  return equal_ignoring_case(value, "true");
}

Parsed<uint64_t> parse_ttl(std::string_view value) {
  const auto seconds = parse_decimal(value, limits::ttl_seconds_max);
  if (!seconds || (value.size() > 1 && value.front() == '0')) {
    return BadRequest{
        "invalid_ttl",
        "Stream-TTL must be a whole number of seconds without sign or leading "
        "zeros, of at most a century."};
  }
  return *seconds;
}

Parsed<int64_t> parse_expires_at(std::string_view value) {
  using namespace std::chrono;
  Scanner scanner(value);
  const int year_number = scanner.number(4, 0, 9999);
  scanner.expect("-");
  const int month_number = scanner.number(2, 1, 12);
  scanner.expect("-");
  const int day_number = scanner.number(2, 1, 31);
  scanner.expect("Tt");
  const int hour = scanner.number(2, 0, 23);
  scanner.expect(":");
  const int minute = scanner.number(2, 0, 59);
  scanner.expect(":");
  const int second = scanner.number(2, 0, 60);  // A leap second counts as the next one.
  const int fraction_ms = scanner.take_one_of(".") ? scanner.fraction_ms() : 0;
  int zone_minutes = 0;
  if (!scanner.take_one_of("Zz")) {
    const char sign = scanner.take_one_of("+-");
    const int zone_hour = scanner.number(2, 0, 23);
    scanner.expect(":");
    zone_minutes = zone_hour * 60 + scanner.number(2, 0, 59);
    if (sign == '-') zone_minutes = -zone_minutes;
    if (sign == '\0') return bad_expires_at;
  }
  const year_month_day date{year(year_number),
                            month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number))};
  if (!scanner.ok() || !scanner.at_end() || !date.ok()) return bad_expires_at;

  const milliseconds since_1970 = sys_days(date).time_since_epoch() + hours(hour) +
                                  minutes(minute - zone_minutes) + seconds(second) +
                                  milliseconds(fraction_ms);
  return static_cast<int64_t>(since_1970.count());
}

std::string format_expires_at(int64_t wall_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(wall_ms)};
  const sys_days midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss clock{time - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

Parsed<std::optional<ProducerTuple>> parse_producer(
    std::optional<std::string_view> id, std::optional<std::string_view> epoch,
    std::optional<std::string_view> seq) {
  if (!id && !epoch && !seq) return std::optional<ProducerTuple>();
  if (!id || !epoch || !seq) {
    return BadRequest{
        "incomplete_producer",
        "Producer-Id, Producer-Epoch and Producer-Seq belong together: send "
        "all three or none."};
  }
  if (id->empty() || id->size() > limits::producer_id_bytes_max) {
    return BadRequest{"invalid_producer_id", "Producer-Id must have 1 to 256 bytes."};
  }
  const auto epoch_number = parse_decimal(*epoch, limits::producer_number_max);
  if (!epoch_number) {
    return BadRequest{"invalid_producer_epoch",
                      "Producer-Epoch must be a whole number from 0 to 2^53 - 1."};
  }
  const auto seq_number = parse_decimal(*seq, limits::producer_number_max);
  if (!seq_number) {
    return BadRequest{"invalid_producer_seq",
                      "Producer-Seq must be a whole number from 0 to 2^53 - 1."};
  }
  return std::optional<ProducerTuple>({std::string(*id), *epoch_number, *seq_number});
}

std::optional<std::string> decode_stream_path(std::string_view raw) {
  if (raw.size() > 3 * limits::stream_path_bytes_max) return std::nullopt;
  std::string path;
  path.reserve(raw.size());
  if (!percent_decode(raw, false, path)) return std::nullopt;
  if (path.empty() || path.size() > limits::stream_path_bytes_max) return std::nullopt;
  return path;
}

QueryValue query_parameter(std::string_view query, std::string_view name) {
  QueryValue found;
  std::string decoded_name;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    decoded_name.clear();
    percent_decode(pair.substr(0, equals), true, decoded_name);
    if (decoded_name != name) continue;
    if (++found.count == 1 && equals != std::string_view::npos) {
      percent_decode(pair.substr(equals + 1), true, found.value);
    }
  }
  return found;
}

}  // namespace durable_streams::protocol
