#include "server/config_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/config_settings.h"

namespace durable_streams::server {
namespace {

class Rules {
 public:
  Rules(const std::vector<GivenSetting>& given, const Environment& environment,
        LoadedConfig& loaded)
      : given_(given),
        environment_(environment),
        loaded_(loaded),
        config_(loaded.config) {}

  void apply() {
    settle_auth();
    settle_domain_and_tls();
    settle_bind();
    settle_internal();
    settle_cors();
    settle_data_dir();
    if (const GivenSetting* handles = find("storage.max_file_handles")) {
      warn(*handles, "max_file_handles has no effect: all streams share few files");
    }
  }

 private:
  // Who gave a setting last (and so decides); null if nobody did.
  const GivenSetting* find(std::string_view path) const {
    const auto setting = find_setting(path);
    const auto last = std::find_if(
        given_.rbegin(), given_.rend(),
        [&](const GivenSetting& one) { return setting && one.setting == *setting; });
    return last == given_.rend() ? nullptr : &*last;
  }

  void refuse(const GivenSetting& culprit, std::string_view sentence) {
    loaded_.errors.push_back(fmt::format("{}: {}", culprit.where, sentence));
  }
  void warn(const GivenSetting& culprit, std::string_view sentence) {
    loaded_.warnings.push_back(fmt::format("{}: {}", culprit.where, sentence));
  }

  void settle_auth() {
    const GivenSetting* none = find("auth");
    const GivenSetting* key = find("auth.verify_key");
    if (none != nullptr && key != nullptr) {
      if (none->is_flag && key->is_flag) {
        return refuse(*none, "--auth none and --auth-verify-key exclude each other");
      }
      config_.auth = none->is_flag ? AuthMode::none : AuthMode::tokens;
    }
    if (config_.auth == AuthMode::tokens) return;
    config_.auth_verify_key.clear();
    for (const char* path : {"auth.issuer", "auth.audience"}) {
      const GivenSetting* given = find(path);
      if (given != nullptr && none == nullptr) {
        refuse(*given,
               fmt::format("{} needs auth.verify_key, the public key that tokens "
                           "are checked with",
                           path));
      }
    }
  }

  void settle_domain_and_tls() {
    const GivenSetting* cert = find("tls.cert");
    const GivenSetting* key = find("tls.key");
    const GivenSetting* domain = find("domain");
    if (domain != nullptr) {
      settle_public_port();
      if (cert == nullptr && key == nullptr) {
        refuse(*domain,
               "domain needs tls.cert and tls.key: the server fetches no certificates. "
               "Name the files of one, or leave domain out and let a proxy do TLS");
      }
    }
    if (cert != nullptr && key == nullptr) refuse(*cert, "tls.cert needs tls.key");
    if (key != nullptr && cert == nullptr) refuse(*key, "tls.key needs tls.cert");
    if (cert != nullptr && key != nullptr) {
      refuse(
          *cert,
          "this version does not serve TLS yet, and will not serve in the clear what "
          "asks for it. Leave tls and domain out and let a proxy do TLS");
    }
  }

  void settle_public_port() {
    const GivenSetting* port = find("port");
    if (port != nullptr && port->is_flag) return;
    if (port != nullptr && config_.port != 443) {
      warn(*port, fmt::format("the port is 443 because domain is set; {} is not used",
                              config_.port));
    }
    config_.port = 443;
  }

  static std::vector<std::string> expand_addresses(
      const std::vector<std::string>& names) {
    std::vector<std::string> addresses;
    const auto add = [&](const std::string& address) {
      if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
        addresses.push_back(address);
      }
    };
    for (const std::string& name : names) {
      if (name == "localhost") {
        add("127.0.0.1");
        add("::1");
      } else if (name == "*") {
        add("0.0.0.0");
        add("::");
      } else {
        add(name);
      }
    }
    return addresses;
  }

  void settle_bind() {
    const GivenSetting* bind = find("bind");
    config_.bind_is_default = bind == nullptr;
    if (bind == nullptr) {
      config_.bind = {config_.auth == AuthMode::tokens ? "*" : "localhost"};
    }
    config_.bind = expand_addresses(config_.bind);
    if (config_.auth == AuthMode::loopback) refuse_wide(bind, config_.bind);
  }

  void refuse_wide(const GivenSetting* given,
                   const std::vector<std::string>& addresses) {
    const auto wide = std::find_if_not(
        addresses.begin(), addresses.end(),
        [](const std::string& address) { return is_loopback_address(address); });
    if (given == nullptr || wide == addresses.end()) return;
    refuse(*given,
           fmt::format(
               "{} can be reached from other machines, and without auth everybody "
               "there could read and delete everything. Add auth.verify_key, or say "
               "auth: none (--auth none) if that is meant",
               *wide));
  }

  void settle_internal() {
    const GivenSetting* bind = find("internal.bind");
    const GivenSetting* allowed = find("internal.allowed_ips");
    if (find("internal.port") == nullptr) {
      for (const GivenSetting* given : {bind, allowed}) {
        if (given != nullptr)
          refuse(*given, "the internal listener needs internal.port");
      }
      return;
    }
    if (bind == nullptr) config_.internal_bind = {"127.0.0.1"};
    config_.internal_bind = expand_addresses(config_.internal_bind);
    if (config_.auth == AuthMode::loopback) refuse_wide(bind, config_.internal_bind);
    if (allowed == nullptr) {
      config_.internal_allowed_ips = {*AddressRange::parse("127.0.0.1"),
                                      *AddressRange::parse("::1")};
    }
    if (config_.internal_port != config_.port) return;
    for (const std::string& address : config_.internal_bind) {
      if (collides(address)) {
        return refuse(*find("internal.port"),
                      fmt::format("{} port {} is the public listener's already",
                                  address, config_.port));
      }
    }
  }

  // Whether the public listener has `address`, alone or by a wildcard.
  bool collides(const std::string& address) const {
    const std::string wildcard =
        address.find(':') == std::string::npos ? "0.0.0.0" : "::";
    return std::any_of(
        config_.bind.begin(), config_.bind.end(), [&](const std::string& taken) {
          return taken == address || taken == wildcard || address == wildcard;
        });
  }

  void settle_cors() {
    if (find("cors.origins") != nullptr) return;
    config_.cors_origins = {config_.auth == AuthMode::tokens ? "*" : "loopback"};
  }

  void settle_data_dir() {
    if (!config_.data_dir.empty()) return;
    const auto xdg = environment_("XDG_DATA_HOME");
    const auto home = environment_("HOME");
    if (xdg && xdg->starts_with('/')) {
      config_.data_dir = *xdg + "/durable-streams";
    } else if (home && home->starts_with('/')) {
      config_.data_dir = *home + "/.local/share/durable-streams";
    } else {
      config_.data_dir = "durable-streams-data";
    }
  }

  const std::vector<GivenSetting>& given_;
  const Environment& environment_;
  LoadedConfig& loaded_;
  ServerConfig& config_;
};

}  // namespace

void apply_rules(const std::vector<GivenSetting>& given, const Environment& environment,
                 LoadedConfig& loaded) {
  Rules(given, environment, loaded).apply();
}

}  // namespace durable_streams::server
