// The internal listener's door: plain HTTP for the app servers on the private
// network, and 403 for everybody else (setting `internal.allowed_ips`).
#pragma once

#include <vector>

#include "http/exchange.h"
#include "server/address_range.h"
#include "server/answer.h"

namespace durable_streams::server {

class AllowedPeers final : public http::Handler {
 public:
  // All outlive the handler.
  AllowedPeers(http::Handler& inner, const Cors& cors,
               const std::vector<AddressRange>& allowed)
      : inner_(inner), cors_(cors), allowed_(allowed) {}

  bool accept_head(http::Exchange& exchange) override;
  void handle(http::Exchange& exchange) override;
  void refuse(http::Exchange& exchange, int status, std::string_view code,
              std::string_view reason) override;

 private:
  bool is_allowed(const http::Request& request) const;
  void refuse_peer(http::Exchange& exchange);

  http::Handler& inner_;
  const Cors& cors_;
  const std::vector<AddressRange>& allowed_;
};

}  // namespace durable_streams::server
