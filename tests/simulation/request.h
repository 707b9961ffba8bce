// One request of a simulated client: a product transaction, what the model says
// must be answered, and what was.
#pragma once

#include <memory>
#include <string>

#include "model.h"
#include "storage/engine.h"

namespace durable_streams::simulation {

class Request {
 public:
  virtual ~Request() = default;

  virtual storage::Transaction& transaction() = 0;
  // What was decided, in the words of Decision::answer. After transact().
  virtual std::string answer() const = 0;

  std::string path;
  Decision expected;
  uint64_t number = 0;  // Of the change in the model; 0: none.
  uint64_t newest = 0;  // Change when it was asked.
  bool settled = false;
};
using RequestPtr = std::shared_ptr<Request>;

RequestPtr make_create(CompletionQueue& home, const CreateCall& call);
RequestPtr make_append(CompletionQueue& home, const AppendCall& call);
RequestPtr make_remove(CompletionQueue& home);
RequestPtr make_expire(CompletionQueue& home);

}  // namespace durable_streams::simulation
