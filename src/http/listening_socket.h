// Binding and listening, with errors that say what to do.
#pragma once

#include "base/result.h"
#include "http/listener.h"
#include "http/socket.h"

namespace durable_streams::http {

// A non-blocking listening socket. A port of 0 in `endpoint` is replaced by the
// one chosen. Errors as Listener::open().
[[nodiscard]] Result<Socket> open_listening_socket(Endpoint& endpoint);

// Removes the file of a Unix endpoint; nothing for others.
void remove_socket_file(const Endpoint& endpoint);

}  // namespace durable_streams::http
