// Parts a page of a JSON stream into its messages.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace durable_streams::client {

// The elements of a JSON array, byte for byte, without the white space around
// them; views into `array`. Elements are found, not validated. nullopt if
// `array` is no array or ends early.
std::optional<std::vector<std::string_view>> json_messages(std::string_view array);

// Whether a content type means JSON: "application/json", with parameters or not.
bool is_json_content_type(std::string_view content_type);

}  // namespace durable_streams::client
