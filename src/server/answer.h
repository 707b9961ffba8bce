// What all answers of this server share: security and CORS fields, and the form
// of an error.
//
// Sources: PROTOCOL.md §12.7 (security headers), Fetch standard §3.2 (CORS). A
// browser cannot tell an answer without CORS fields from a network error, so
// they stand on every answer that a page may get, errors included. Only writes
// without an Origin go without: a browser names the page's origin with each of
// its writes to elsewhere, and no cache keeps their answers for another client.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace durable_streams::server {

// The common fields of one request's answers. Small; copied into whatever
// answers later, because request storage may be gone by then.
class AnswerFields {
 public:
  AnswerFields(const http::ConstantFields& constant, std::string allow_origin)
      : constant_(&constant), allow_origin_(std::move(allow_origin)) {}

  // A head with the common fields. The AnswerFields must outlive it.
  http::ResponseHead head(int status) const;

 private:
  const http::ConstantFields* constant_;
  std::string allow_origin_;  // Empty: the constant fields say it, or nobody may.
};

// Which web pages may read answers. Immutable; shared by all threads.
class Cors {
 public:
  // Every origin: safe, because access needs a token and never a cookie.
  static Cors any();
  // Pages of this machine only: for servers without tokens.
  static Cors loopback();
  // The named origins, "https://app.example.com".
  static Cors only(std::vector<std::string> origins);

  AnswerFields fields_for(const http::Request& request) const;

  // Whether a page of `origin` may use this server.
  bool allows(std::string_view origin) const;

 private:
  enum class Mode { any, loopback, listed };
  Cors(Mode mode, std::vector<std::string> origins);

  Mode mode_;
  std::vector<std::string> origins_;
  http::ConstantFields constant_;   // On every answer.
  http::ConstantFields for_pages_;  // And those that pages need.
};

// An answer that says no: its status, a code for programs and a sentence for
// people, sent as {"error":{"code":"…","message":"…"}}.
struct Refusal {
  int status;
  std::string_view code;
  std::string message;
};

// Adds the body's type and answers. `head` comes from AnswerFields::head() with
// the refusal's status and may have more fields.
void respond_error(http::Exchange& exchange, http::ResponseHead& head,
                   const Refusal& refusal);
void respond_error(http::Exchange& exchange, const AnswerFields& fields,
                   const Refusal& refusal);

}  // namespace durable_streams::server
