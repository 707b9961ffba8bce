#include "server/allowed_peers.h"

#include <algorithm>

namespace durable_streams::server {

bool AllowedPeers::is_allowed(const http::Request& request) const {
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const AddressRange& range) {
    return range.contains(request.peer_address);
  });
}

void AllowedPeers::refuse_peer(http::Exchange& exchange) {
  respond_error(exchange, cors_.fields_for(exchange.request()),
                {403, "address_not_allowed",
                 "This listener serves the addresses of internal.allowed_ips only."});
}

bool AllowedPeers::accept_head(http::Exchange& exchange) {
  if (is_allowed(exchange.request())) return inner_.accept_head(exchange);
  refuse_peer(exchange);
  return false;
}

void AllowedPeers::handle(http::Exchange& exchange) {
  if (is_allowed(exchange.request())) return inner_.handle(exchange);
  refuse_peer(exchange);
}

void AllowedPeers::refuse(http::Exchange& exchange, int status, std::string_view code,
                          std::string_view reason) {
  inner_.refuse(exchange, status, code, reason);
}

}  // namespace durable_streams::server
