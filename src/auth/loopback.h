// Who counts as "this machine", for servers without tokens (DNS rebinding,
// foreign web pages). Pure.
#pragma once

#include <string_view>

namespace durable_streams::auth {

// Whether a Host header's value (with or without port) is a name of this
// machine: localhost, *.localhost, 127.0.0.0/8, [::1]. Case-insensitive.
bool is_loopback_host(std::string_view host);

// Whether an Origin header's value is an http(s) page of this machine. "null"
// and anything malformed is not.
bool is_loopback_origin(std::string_view origin);

}  // namespace durable_streams::auth
