#include "random_log.h"

namespace durable_streams::storage {

using protocol::Unit;

std::string RandomLog::next() {
  now_ms_ += static_cast<int64_t>(random_.below(50));
  const std::string path = "path/" + std::to_string(random_.below(6));
  const auto found = by_path_.find(path);
  if (found == by_path_.end() || random_.one_in(40)) return create(path);
  Life& life = found->second;
  if (random_.one_in(12)) {
    Unit end;
    end.kind = random_.one_in(2) ? Unit::Kind::remove : Unit::Kind::expire;
    std::string record = unit(std::move(end), life, path);
    by_path_.erase(found);
    return record;
  }
  if (random_.one_in(8)) return renewals();
  if (random_.one_in(10)) return trim(life);
  if (life.closed) return create("path/" + std::to_string(random_.below(20)));
  return append(life);
}

std::string RandomLog::create(const std::string& path) {
  const uint64_t replaces = by_path_[path].id;  // 0: there was none.
  Life& life = by_path_[path] = {};
  life.id = next_id_++;
  Unit create;
  create.kind = Unit::Kind::create;
  protocol::StreamConfig config{"text/plain", std::nullopt, std::nullopt};
  if (random_.one_in(2)) config.ttl_seconds = random_.below(1000);
  create.config = protocol::share_config(std::move(config));
  if (random_.one_in(2))
    create.payload.bytes = std::string(data_size(), random_.byte());
  add_extras(create);
  return unit(std::move(create), life, path, replaces);
}

std::string RandomLog::append(Life& life) {
  Unit append;
  append.payload.bytes = std::string(data_size(), random_.byte());
  if (append.payload.bytes.size() > 100 && random_.one_in(2))
    append.payload.boundaries = {10, 57};
  add_extras(append);
  return unit(std::move(append), life, {});
}

std::string RandomLog::unit(Unit unit, Life& life, const std::string& path,
                            uint64_t replaces) {
  unit.at_ms = now_ms_;
  std::string record;
  append_unit_head(record, 0, unit, {path, life.id, life.tail, replaces});
  life.tail += unit.payload.bytes.size();
  life.closed = life.closed || unit.closes;
  life.ends.push_back(life.tail);
  return record + unit.payload.bytes;
}

std::string RandomLog::trim(Life& life) {
  const uint64_t at = life.ends[random_.below(life.ends.size())];
  life.earliest = std::max(life.earliest, at);
  std::string record;
  append_trim(record, 0, life.id, life.earliest);
  return record;
}

std::string RandomLog::renewals() {
  Renewals renewals;
  for (const auto& [path, life] : by_path_) {
    if (random_.one_in(2)) renewals.emplace_back(life.id, now_ms_);
  }
  std::string record;
  append_renewals(record, 0, renewals);
  return record;
}

void RandomLog::add_extras(Unit& unit) {
  if (random_.one_in(2)) {
    unit.producer =
        protocol::ProducerTuple{"producer" + std::to_string(random_.below(4)),
                                random_.below(3), random_.below(100)};
  }
  if (random_.one_in(4)) {
    unit.stream_seq = protocol::ScopedSeq{"scope" + std::to_string(random_.below(3)),
                                          std::to_string(random_.below(100))};
  }
  unit.closes = random_.one_in(15);
}

// Mostly little; sometimes more than a block, or than pieces are joined to.
size_t RandomLog::data_size() {
  if (random_.one_in(60)) return 60'000 + random_.below(300'000);
  return random_.below(400);
}

}  // namespace durable_streams::storage
