// From HTTP answers to the client library's values.
#pragma once

#include <optional>

#include "client/connection.h"
#include "durable_streams/stream.h"

namespace durable_streams::client {

// What a status that is not 2xx means. `response` is one of those.
Error error_of(const HttpResponse& response);

// Milliseconds that a refusing server asks to wait; nullopt if it does not say.
std::optional<int64_t> retry_after_ms(const HttpResponse& response);

// Of a 2xx answer. Errors: malformed_answer if a field is missing that every
// server of this protocol sends.
[[nodiscard]] Result<Created> created_of(const HttpResponse& response);
[[nodiscard]] Result<Appended> appended_of(const HttpResponse& response,
                                           bool has_producer);
[[nodiscard]] Result<Page> page_of(HttpResponse response);
[[nodiscard]] Result<Metadata> metadata_of(const HttpResponse& response);

}  // namespace durable_streams::client
