#include "cli/store_report.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <map>

namespace durable_streams::cli {
namespace {

using storage::Damage;
using storage::StoreSurvey;
using storage::StoreUnit;
using storage::StreamLoss;

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write_string(Writer& writer, const char* key, const std::string& value) {
  writer.Key(key);
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void write_number(Writer& writer, const char* key, uint64_t value) {
  writer.Key(key);
  writer.Uint64(value);
}

void write_loss(Writer& writer, const StreamLoss& loss) {
  writer.StartObject();
  write_number(writer, "id", loss.stream_id);
  if (loss.path.empty()) {
    writer.Key("name");
    writer.Null();
  } else {
    write_string(writer, "name", loss.path);
  }
  write_number(writer, "from", loss.from);
  write_number(writer, "to", loss.to);
  writer.EndObject();
}

void write_damage(Writer& writer, const Damage& damage) {
  writer.StartObject();
  write_string(writer, "file", damage.file);
  write_number(writer, "from", damage.from);
  write_number(writer, "to", damage.to);
  write_string(writer, "what", damage.what);
  writer.Key("streams");
  writer.StartArray();
  for (const StreamLoss& loss : damage.streams)
    write_loss(writer, loss);
  writer.EndArray();
  writer.EndObject();
}

uint64_t bytes_of(const StoreSurvey& survey) {
  uint64_t bytes = 0;
  for (const storage::SurveyedUnit& unit : survey.units)
    bytes += unit.file_bytes;
  return bytes;
}

void write_common(Writer& writer, const std::string& directory,
                  const StoreSurvey& survey) {
  const storage::StoreTotals totals = totals_of(survey);
  write_string(writer, "directory", directory);
  write_number(writer, "format", survey.layout.format_version);
  writer.Key("sound");
  writer.Bool(survey.is_sound());
  write_number(writer, "streams", totals.streams);
  write_number(writer, "records", survey.records);
  write_number(writer, "tornBytes", survey.torn_bytes);
}

std::string ended(const rapidjson::StringBuffer& buffer) {
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

std::string loss_text(const StreamLoss& loss, const Fate& fate) {
  const std::string stream =
      loss.path.empty() ? fmt::format("stream {}, whose name is lost", loss.stream_id)
                        : fmt::format("{} (stream {})", loss.path, loss.stream_id);
  const std::string what =
      loss.ended ? "its deletion" : fmt::format("bytes {} to {}", loss.from, loss.to);
  return fmt::format("    {}: {}{}\n", stream, what, fate ? "; " + fate(loss) : "");
}

// "3 d 4 h", "12 min".
std::string readable_age(int64_t age_ms) {
  const int64_t minutes = age_ms / 60'000;
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60) return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {} h", minutes / (24 * 60), minutes / 60 % 24);
}

bool is_run(const StoreSurvey& survey, size_t unit) {
  return survey.layout.units[unit].kind == StoreUnit::Kind::run;
}

// Of the oldest segment that is no run yet, in stream time; 0 if there is none.
int64_t oldest_age_ms(const StoreSurvey& survey) {
  for (size_t i = 0; i < survey.units.size(); ++i) {
    if (!is_run(survey, i)) return survey.newest_ms - survey.units[i].summary.oldest_ms;
  }
  return 0;
}

// How many files there are, and how large they are together.
struct Files {
  uint64_t count = 0;
  uint64_t bytes = 0;

  void add(uint64_t file_bytes) {
    ++count;
    bytes += file_bytes;
  }
};

// Runs by size; each class is four times as large as the one before.
std::string runs_text(const StoreSurvey& survey) {
  std::map<uint64_t, Files> classes;
  for (size_t i = 0; i < survey.units.size(); ++i) {
    if (!is_run(survey, i)) continue;
    const uint64_t bytes = survey.units[i].file_bytes;
    uint64_t bound = 1024 * 1024;
    while (bound < bytes)
      bound *= 4;
    classes[bound].add(bytes);
  }
  std::string text;
  for (const auto& [bound, files] : classes) {
    text += fmt::format("    {:<7} {:<11} of up to {}\n", files.count,
                        readable_bytes(files.bytes), readable_bytes(bound));
  }
  return text;
}

}  // namespace

std::string readable_bytes(uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes) / 1024;
  for (const char* const unit : {"KiB", "MiB", "GiB"}) {
    if (value < 1024) return fmt::format("{:.1f} {}", value, unit);
    value /= 1024;
  }
  return fmt::format("{:.1f} TiB", value);
}

std::string counted(uint64_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string damage_text(const std::vector<Damage>& damage, const Fate& fate) {
  std::string text;
  for (const Damage& one : damage) {
    text += "  " + one.file;
    if (one.to > 0) text += fmt::format(", position {} to {}", one.from, one.to);
    if (one.to == 0 && one.from > 0) text += fmt::format(", position {}", one.from);
    text += ": " + one.what + "\n";
    for (const StreamLoss& loss : one.streams)
      text += loss_text(loss, fate);
  }
  return text;
}

std::string check_text(const std::string& directory, const StoreSurvey& survey) {
  const storage::StoreTotals totals = totals_of(survey);
  std::string text = survey.is_sound()
                         ? directory + ": sound\n"
                         : fmt::format("{}: damaged in {}\n", directory,
                                       counted(survey.damage.size(), "place")) +
                               damage_text(survey.damage);
  text += fmt::format("{} with {} in {}; {} read\n", counted(totals.streams, "stream"),
                      counted(survey.records, "record"),
                      counted(survey.units.size(), "file"),
                      readable_bytes(bytes_of(survey)));
  if (survey.torn_bytes > 0) {
    text += fmt::format(
        "{} at the end were never acknowledged: a crash cut them off, or they are just "
        "being written\n",
        readable_bytes(survey.torn_bytes));
  }
  if (survey.is_sound()) return text;
  text += "Streams that end at damage may have lost their last bytes unnoticed.\n";
  text += "Keep a copy, then see what durable-streams repair would give up.\n";
  return text;
}

std::string stats_text(const std::string& directory, const StoreSurvey& survey) {
  const storage::StoreTotals totals = totals_of(survey);
  const uint64_t overhead =
      totals.file_bytes -
      std::min(totals.file_bytes, totals.live_bytes + totals.dead_bytes);
  std::string text =
      fmt::format("{}: format {}\n", directory, survey.layout.format_version);
  const auto line = [&](const char* name, const std::string& value,
                        const std::string& what) {
    text += fmt::format("  {:<9} {:<11} {}\n", name, value, what);
  };
  line("streams", std::to_string(totals.streams), "");
  line("ended", std::to_string(totals.ended_streams),
       "deleted or expired, some of it still in files");
  line("live", readable_bytes(totals.live_bytes), "what readers can get");
  line("dead", readable_bytes(totals.dead_bytes),
       "of streams that are gone or trimmed");
  line("overhead", readable_bytes(overhead),
       "heads, checksums, configurations, space made ahead");
  line("files", readable_bytes(totals.file_bytes), "all of the above");
  Files segments;
  for (size_t i = 0; i < survey.units.size(); ++i) {
    if (!is_run(survey, i)) segments.add(survey.units[i].file_bytes);
  }
  line("segments", std::to_string(segments.count),
       fmt::format("{}, the oldest {} old", readable_bytes(segments.bytes),
                   readable_age(oldest_age_ms(survey))));
  line("runs", std::to_string(survey.units.size() - segments.count),
       "segments that were tidied");
  text += runs_text(survey);
  if (totals.tidied_log_bytes > 0) {
    line("rewritten",
         fmt::format("{:.2f}", static_cast<double>(totals.tidier_bytes) /
                                   static_cast<double>(totals.tidied_log_bytes)),
         "bytes written to runs for each byte of log that they stand for");
  }
  if (survey.layout.reserve_bytes > 0) {
    line("reserve", readable_bytes(survey.layout.reserve_bytes),
         "kept for deletions and closures on a full disk");
  }
  line("unused", std::to_string(survey.layout.unused.size()),
       readable_bytes(survey.layout.unused_bytes) + ", made ahead or left over");
  if (!survey.is_sound()) {
    text += fmt::format(
        "Damaged in {}, so the figures are too low: see "
        "durable-streams check.\n",
        counted(survey.damage.size(), "place"));
  }
  // No blanks at the ends of lines.
  for (size_t at; (at = text.find(" \n")) != std::string::npos;)
    text.erase(at, 1);
  return text;
}

std::string check_json(const std::string& directory, const StoreSurvey& survey) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  write_common(writer, directory, survey);
  write_number(writer, "files", survey.units.size());
  write_number(writer, "bytes", bytes_of(survey));
  writer.Key("damage");
  writer.StartArray();
  for (const Damage& damage : survey.damage)
    write_damage(writer, damage);
  writer.EndArray();
  writer.EndObject();
  return ended(buffer);
}

std::string stats_json(const std::string& directory, const StoreSurvey& survey) {
  const storage::StoreTotals totals = totals_of(survey);
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  write_common(writer, directory, survey);
  write_number(writer, "endedStreams", totals.ended_streams);
  write_number(writer, "liveBytes", totals.live_bytes);
  write_number(writer, "deadBytes", totals.dead_bytes);
  write_number(writer, "fileBytes", totals.file_bytes);
  write_number(writer, "tidiedLogBytes", totals.tidied_log_bytes);
  write_number(writer, "tidierBytes", totals.tidier_bytes);
  write_number(writer, "reserveBytes", survey.layout.reserve_bytes);
  writer.Key("oldestSegmentAgeMs");
  writer.Int64(oldest_age_ms(survey));
  writer.Key("files");
  writer.StartArray();
  for (const storage::SurveyedUnit& unit : survey.units) {
    writer.StartObject();
    write_string(writer, "file", unit.name);
    write_number(writer, "bytes", unit.file_bytes);
    write_number(writer, "records", unit.records);
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("unused");
  writer.StartArray();
  for (const std::string& name : survey.layout.unused)
    writer.String(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  writer.EndArray();
  writer.EndObject();
  return ended(buffer);
}

}  // namespace durable_streams::cli
