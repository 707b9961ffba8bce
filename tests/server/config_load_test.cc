// Each case: the section `test` of a file `f.yml`, perhaps with flags, and what
// comes of it.
#include "server/config_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <ostream>

#include "one_file_system.h"
#include "server/config_settings.h"

namespace durable_streams::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::map<std::string, std::string> variables = {
    {"HOME", "/home/a"}, {"KEY", "/k.pem"}, {"EMPTY", ""}, {"TRICKY", "a: [b"}};

std::optional<std::string> look_up(const std::string& name) {
  const auto found = variables.find(name);
  if (found == variables.end()) return std::nullopt;
  return found->second;
}

using Flags = std::vector<std::pair<std::string, std::vector<std::string>>>;

LoadedConfig load(const std::string& yaml, const Flags& flags = {}) {
  OneFileSystem files("f.yml", yaml);
  ConfigSources sources{"f.yml", "test", {}};
  for (const auto& [path, values] : flags) {
    const auto setting = find_setting(path);
    EXPECT_TRUE(setting) << path;
    sources.flags.push_back(
        {*setting, values, std::string(all_settings()[*setting].flag), true});
  }
  return load_config(sources, look_up, files);
}

// What is taken.

struct Accepted {
  const char* sentence;
  const char* yaml;
  Flags flags;
  std::function<void(const ServerConfig&)> check;
};

void PrintTo(const Accepted& accepted, std::ostream* out) {
  *out << accepted.sentence;
}

class AcceptedTest : public ::testing::TestWithParam<Accepted> {};

TEST_P(AcceptedTest, Holds) {
  const LoadedConfig loaded = load(GetParam().yaml, GetParam().flags);
  EXPECT_THAT(loaded.errors, IsEmpty()) << GetParam().sentence;
  SCOPED_TRACE(GetParam().sentence);
  GetParam().check(loaded.config);
}

const Accepted accepted[] = {
    {"an empty section means the defaults",
     "test:\n",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.port, 4437);
       EXPECT_THAT(c.bind, ElementsAre("127.0.0.1", "::1"));
       EXPECT_TRUE(c.bind_is_default);
       EXPECT_EQ(c.auth, AuthMode::loopback);
       EXPECT_THAT(c.cors_origins, ElementsAre("loopback"));
       EXPECT_EQ(c.data_dir, "/home/a/.local/share/durable-streams");
       EXPECT_EQ(c.route, "/v1/streams/*");
     }},
    {"tokens open all interfaces and all origins",
     "test: {auth: {verify_key: /k}}",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.auth, AuthMode::tokens);
       EXPECT_EQ(c.auth_verify_key, "/k");
       EXPECT_THAT(c.bind, ElementsAre("0.0.0.0", "::"));
       EXPECT_THAT(c.cors_origins, ElementsAre("*"));
     }},
    {"auth: none may listen anywhere and opens to no page of others",
     "test: {auth: none, bind: 0.0.0.0}",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.auth, AuthMode::none);
       EXPECT_THAT(c.bind, ElementsAre("0.0.0.0"));
       EXPECT_FALSE(c.bind_is_default);
       EXPECT_THAT(c.cors_origins, ElementsAre("loopback"));
     }},
    {"auth: none alone still listens on loopback",
     "test: {auth: none}",
     {},
     [](const ServerConfig& c) {
       EXPECT_THAT(c.bind, ElementsAre("127.0.0.1", "::1"));
     }},
    {"a flag wins over the file",
     "test: {port: 1, storage: {engine: log}}",
     {{"port", {"2"}}, {"storage.engine", {"memory"}}},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.port, 2);
       EXPECT_EQ(c.engine, StorageEngine::memory);
     }},
    {"a flag's list replaces the file's list",
     "test: {bind: [127.0.0.1, 127.0.0.2]}",
     {{"bind", {"::1"}}},
     [](const ServerConfig& c) { EXPECT_THAT(c.bind, ElementsAre("::1")); }},
    {"--auth none overrides the file's keys",
     "test: {auth: {verify_key: /k, issuer: i}}",
     {{"auth", {"none"}}},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.auth, AuthMode::none);
       EXPECT_EQ(c.auth_verify_key, "");
     }},
    {"--auth-verify-key overrides the file's auth: none",
     "test: {auth: none}",
     {{"auth.verify_key", {"/k"}}},
     [](const ServerConfig& c) { EXPECT_EQ(c.auth, AuthMode::tokens); }},
    {"a merge gives what the section lacks",
     "a: &a {port: 1, storage: {data_dir: /a, engine: memory}}\n"
     "test: {<<: *a, port: 2}\n",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.port, 2);
       EXPECT_EQ(c.data_dir, "/a");
       EXPECT_EQ(c.engine, StorageEngine::memory);
     }},
    {"a merge is of the first level only",
     "a: &a {storage: {data_dir: /a, engine: memory}}\n"
     "test: {<<: *a, storage: {data_dir: /b}}\n",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.data_dir, "/b");
       EXPECT_EQ(c.engine, StorageEngine::log);
     }},
    {"a merge may stand behind the keys, and in an inner section",
     "a: &a {long_poll_timeout: 1s}\ntest:\n  storage:\n    data_dir: /d\n    <<: *a\n",
     {},
     [](const ServerConfig& c) { EXPECT_EQ(c.long_poll_timeout_ms, 1000); }},
    {"of a list of merges the first wins",
     "a: &a {port: 1}\nb: &b {port: 2, threads: 3}\ntest:\n  <<: [*a, *b]\n",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.port, 1);
       EXPECT_EQ(c.threads, 3u);
     }},
    {"merges nest",
     "a: &a {threads: 3}\nb: &b {<<: *a, port: 2}\ntest: {<<: *b}\n",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.port, 2);
       EXPECT_EQ(c.threads, 3u);
     }},
    {"the environment is filled in",
     "test: {auth: {verify_key: '${KEY}', issuer: 'x${KEY}y'}}",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.auth_verify_key, "/k.pem");
       EXPECT_EQ(c.auth_issuer, "x/k.pemy");
     }},
    {"a default stands in for what is unset or empty",
     "test: {port: '${NO:-7}', storage: {data_dir: '${EMPTY:-/d}'}}",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.port, 7);
       EXPECT_EQ(c.data_dir, "/d");
     }},
    {"what the environment holds is a value, never structure",
     "test: {storage: {data_dir: '${TRICKY}'}}",
     {},
     [](const ServerConfig& c) { EXPECT_EQ(c.data_dir, "a: [b"); }},
    {"other sections may ask for variables that are not set",
     "other: {port: '${NO}'}\ntest: {port: 5}\n",
     {},
     [](const ServerConfig& c) { EXPECT_EQ(c.port, 5); }},
    {"$${ is a plain ${",
     "test: {storage: {data_dir: '/a$${KEY}'}}",
     {},
     [](const ServerConfig& c) { EXPECT_EQ(c.data_dir, "/a${KEY}"); }},
    {"localhost and * are the addresses they mean, once each",
     "test: {auth: none, bind: [localhost, 127.0.0.1, '*']}",
     {},
     [](const ServerConfig& c) {
       EXPECT_THAT(c.bind, ElementsAre("127.0.0.1", "::1", "0.0.0.0", "::"));
     }},
    {"the internal listener is for this machine until told otherwise",
     "test: {internal: {port: 4438}}",
     {},
     [](const ServerConfig& c) {
       EXPECT_EQ(c.internal_port, 4438);
       EXPECT_THAT(c.internal_bind, ElementsAre("127.0.0.1"));
       ASSERT_EQ(c.internal_allowed_ips.size(), 2u);
       EXPECT_TRUE(c.internal_allowed_ips[0].contains("127.0.0.1"));
     }},
    {"the internal listener may have the public port at another address",
     "test: {auth: {verify_key: /k}, bind: 203.0.113.1, internal: {port: 4437, bind: "
     "10.0.0.5, allowed_ips: [10.0.0.4]}}",
     {},
     [](const ServerConfig& c) {
       EXPECT_THAT(c.internal_bind, ElementsAre("10.0.0.5"));
     }},
    {"the origins that are named are the ones that count",
     "test: {cors: {origins: [https://a.example, https://b.example/]}}",
     {},
     [](const ServerConfig& c) {
       EXPECT_THAT(c.cors_origins,
                   ElementsAre("https://a.example", "https://b.example"));
     }},
};

INSTANTIATE_TEST_SUITE_P(Configuration, AcceptedTest, ::testing::ValuesIn(accepted));

// What is refused.

struct Refused {
  const char* sentence;
  const char* yaml;
  Flags flags;
  const char* error;  // A part of the first error.
};

void PrintTo(const Refused& refused, std::ostream* out) {
  *out << refused.sentence;
}

class RefusedTest : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedTest, NamesPlaceAndCause) {
  const LoadedConfig loaded = load(GetParam().yaml, GetParam().flags);
  ASSERT_FALSE(loaded.errors.empty()) << GetParam().sentence;
  EXPECT_THAT(loaded.errors.front(), HasSubstr(GetParam().error))
      << GetParam().sentence;
}

const Refused refused[] = {
    {"an unknown key",
     "test:\n  port: 1\n  storage:\n    datadir: /d\n",
     {},
     "f.yml:4: unknown key \"storage.datadir\"; did you mean \"storage.data_dir\"?"},
    {"an unknown key like no other",
     "test:\n  zzzzzzzzz: 1\n",
     {},
     "f.yml:2: unknown key \"zzzzzzzzz\""},
    {"an unknown section",
     "test:\n  strage:\n    data_dir: /d\n",
     {},
     "f.yml:2: unknown key \"strage\""},
    {"a bad value",
     "test:\n\n  port: abc\n",
     {},
     "f.yml:3: port: \"abc\" is not a port (1 to 65535)"},
    {"a bad value of a flag",
     "test:\n",
     {{"port", {"0"}}},
     "--port: \"0\" is not a port"},
    {"a list for one value",
     "test:\n  port: [1, 2]\n",
     {},
     "f.yml:2: port: takes one value"},
    {"a section for a value",
     "test:\n  port: {a: 1}\n",
     {},
     "f.yml:2: port can't hold"},
    {"a value for a section",
     "test:\n  storage: /d\n",
     {},
     "f.yml:2: storage is a section"},
    {"a key without a value",
     "test:\n  auth:\n    issuer:\n",
     {},
     "f.yml:3: auth.issuer has no value"},
    {"an empty list", "test:\n  bind: []\n", {}, "f.yml:2: bind has no value"},
    {"an empty value",
     "test:\n  auth:\n    verify_key: '${EMPTY}'\n",
     {},
     "f.yml:3: auth.verify_key: \"\" is not a path"},
    {"a key that stands twice",
     "test:\n  port: 1\n  threads: 1\n  port: 2\n",
     {},
     "f.yml:4: \"port\" stands twice, first in line 2"},
    {"a section that stands twice",
     "test: {}\ntest: {}\n",
     {},
     "f.yml:2: \"test\" stands"},
    {"a section that is not there",
     "a: {}\nb: {}\n",
     {},
     "f.yml: no section \"test\"; there is a, b"},
    {"a section that is none", "test: 5\n", {}, "f.yml:1: \"test\" is not a section"},
    {"a file of one scalar",
     "hello",
     {},
     "f.yml:1: expected one section per environment"},
    {"what is not YAML", "test:\n  a: [1\n", {}, "this is not YAML"},
    {"a variable that is not set",
     "test:\n  port: ${NO}\n",
     {},
     "f.yml:2: port: NO is not set in the environment"},
    {"a variable without its brace",
     "test:\n  port: '${NO'\n",
     {},
     "f.yml:2: port: ${ without"},
    {"a variable with a bad name",
     "test:\n  port: '${N O}'\n",
     {},
     "is not the name of"},
    {"ERB", "test:\n  port: '<%= 1 %>'\n", {}, "f.yml:2: port: ERB is not evaluated"},
    {"a merge of a scalar", "test:\n  <<: 5\n", {}, "f.yml:2: << needs a section"},
    {"a merge into itself", "test: &t\n  <<: *t\n", {}, "nested too deeply"},
    {"auth that is neither none nor a section",
     "test:\n  auth: off\n",
     {},
     "f.yml:2: auth: can be none, or a section with verify_key"},
    {"an issuer without a key",
     "test:\n  auth:\n    issuer: i\n",
     {},
     "f.yml:3: auth.issuer needs auth.verify_key"},
    {"a wide address without auth",
     "test:\n  bind: [127.0.0.1, 0.0.0.0]\n",
     {},
     "f.yml:2: 0.0.0.0 can be reached from other machines"},
    {"a wide internal address without auth",
     "test:\n  internal:\n    port: 1\n    bind: 10.0.0.5\n",
     {},
     "f.yml:4: 10.0.0.5 can be reached"},
    {"a domain without a certificate",
     "test:\n  domain: a.example\n",
     {},
     "f.yml:2: domain needs tls.cert and tls.key"},
    {"a certificate without its key",
     "test:\n  tls:\n    cert: /c\n",
     {},
     "f.yml:3: tls.cert needs tls.key"},
    {"a key without its certificate",
     "test:\n  tls:\n    key: /c\n",
     {},
     "f.yml:3: tls.key needs tls.cert"},
    {"TLS, until it is there",
     "test:\n  tls:\n    cert: /c\n    key: /k\n",
     {},
     "f.yml:3: this version does not serve TLS yet"},
    {"internal settings without a port",
     "test:\n  internal:\n    bind: 127.0.0.1\n",
     {},
     "f.yml:3: the internal listener needs internal.port"},
    {"two listeners at one place",
     "test:\n  internal:\n    port: 4437\n",
     {},
     "f.yml:3: 127.0.0.1 port 4437 is the public listener's already"},
    {"a wildcard that takes the internal listener's place",
     "test:\n  auth: none\n  bind: 0.0.0.0\n  internal:\n    port: 4437\n",
     {},
     "f.yml:5: 127.0.0.1 port 4437 is the public listener's already"},
    {"two flags that exclude each other",
     "test:\n",
     {{"auth", {"none"}}, {"auth.verify_key", {"/k"}}},
     "exclude each other"},
};

INSTANTIATE_TEST_SUITE_P(Configuration, RefusedTest, ::testing::ValuesIn(refused));

// The rest.

TEST(ConfigurationErrors, AreAllReportedAtOnce) {
  const LoadedConfig loaded =
      load("test:\n  prot: 1\n  threads: x\n  log: {level: loud}\n");
  EXPECT_THAT(loaded.errors, ElementsAre(HasSubstr("f.yml:2"), HasSubstr("f.yml:3"),
                                         HasSubstr("f.yml:4")));
}

TEST(ConfigurationErrors, OfAMergedSectionNameItsOwnLine) {
  const LoadedConfig loaded = load("a: &a\n  prot: 1\ntest:\n  <<: *a\n");
  EXPECT_THAT(loaded.errors, ElementsAre(HasSubstr("f.yml:2: unknown key \"prot\"")));
}

TEST(ConfigurationErrors, KeepQuietAboutWhatOnlyFollowsFromThem) {
  const LoadedConfig loaded =
      load("test:\n  bind: 0.0.0.0\n  auht: {verify_key: /k}\n");
  EXPECT_EQ(loaded.errors.size(), 1u);
}

TEST(ConfigurationErrors, NameAFileThatCannotBeRead) {
  OneFileSystem files("f.yml", "test: {}");
  const LoadedConfig loaded = load_config({"other.yml", "test", {}}, look_up, files);
  EXPECT_THAT(loaded.errors, ElementsAre("other.yml: cannot be read: No such file or "
                                         "directory"));
}

TEST(ConfigurationErrors, RecogniseACaddyfile) {
  const std::string text =
      "example.com {\n  route /v1/* {\n    durable_streams\n  }\n}\n";
  const YamlSettings settings =
      read_yaml_settings(text, "streams.conf", "test", look_up);
  EXPECT_THAT(settings.errors,
              ElementsAre(HasSubstr("streams.conf: this is a Caddyfile")));
  const YamlSettings named =
      read_yaml_settings("test: {}", "/x/Caddyfile", "test", look_up);
  EXPECT_THAT(named.errors, ElementsAre(HasSubstr("this is a Caddyfile")));
}

TEST(ConfigurationWarnings, TellThatMaxFileHandlesDoesNothing) {
  const LoadedConfig loaded = load("test:\n  storage: {max_file_handles: 9}\n");
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(loaded.warnings,
              ElementsAre(HasSubstr("f.yml:2: max_file_handles has no")));
}

TEST(Domain, MakesThePublicPort443UnlessAFlagSaysOtherwise) {
  const char* yaml = "test: {port: 4437, domain: a.example, tls: {cert: /c, key: /k}}";
  const LoadedConfig loaded = load(yaml);
  EXPECT_EQ(loaded.config.port, 443);
  EXPECT_EQ(load(yaml, {{"port", {"8443"}}}).config.port, 8443);
}

TEST(DefaultDataDirectory, FollowsTheXdgDirectories) {
  const auto data_dir = [](std::map<std::string, std::string> set) {
    return resolve_config({},
                          [&](const std::string& name) -> std::optional<std::string> {
                            const auto found = set.find(name);
                            if (found == set.end()) return std::nullopt;
                            return found->second;
                          })
        .config.data_dir;
  };
  EXPECT_EQ(data_dir({{"XDG_DATA_HOME", "/x"}, {"HOME", "/h"}}), "/x/durable-streams");
  EXPECT_EQ(data_dir({{"XDG_DATA_HOME", "x"}, {"HOME", "/h"}}),
            "/h/.local/share/durable-streams");
  EXPECT_EQ(data_dir({}), "durable-streams-data");
}

TEST(DefaultSection, FollowsTheEnvironment) {
  const auto section = [](std::map<std::string, std::string> set) {
    return default_section([&](const std::string& name) -> std::optional<std::string> {
      const auto found = set.find(name);
      if (found == set.end()) return std::nullopt;
      return found->second;
    });
  };
  EXPECT_EQ(section({}), "development");
  EXPECT_EQ(section({{"RAILS_ENV", "test"}}), "test");
  EXPECT_EQ(section({{"RAILS_ENV", "test"}, {"DURABLE_STREAMS_ENV", "b"}}), "b");
  EXPECT_EQ(section({{"RAILS_ENV", ""}}), "development");
}

}  // namespace
}  // namespace durable_streams::server
