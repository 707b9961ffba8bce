#include "auth/es256.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>

#include "auth/base64url.h"
#include "auth/errc.h"
#include "auth/openssl.h"
#include "base/assert.h"

namespace durable_streams::auth {
namespace {

using namespace openssl;

constexpr size_t coordinate_bytes = 32;
constexpr std::string_view pem_begin = "-----BEGIN PUBLIC KEY-----";

auto refuse(std::string sentence) {
  return fail(Errc::unusable_key, std::move(sentence));
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == SN_X9_62_prime256v1;
}

// A coordinate of the public point as 32 bytes.
std::string coordinate(const EVP_PKEY* key, const char* parameter) {
  BIGNUM* number = nullptr;
  DS_ASSERT(EVP_PKEY_get_bn_param(key, parameter, &number) == 1);
  const BigNumber owned(number);
  std::string bytes(coordinate_bytes, '\0');
  DS_ASSERT(BN_bn2binpad(number, bytes_of(bytes), coordinate_bytes) ==
            static_cast<int>(coordinate_bytes));
  return bytes;
}

std::string thumbprint_of(const EVP_PKEY* key) {
  const std::string text =
      R"({"crv":"P-256","kty":"EC","x":")" +
      base64url_encode(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X)) + R"(","y":")" +
      base64url_encode(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y)) + R"("})";
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  DS_ASSERT(EVP_Digest(text.data(), text.size(), bytes_of(digest), &size, EVP_sha256(),
                       nullptr) == 1);
  digest.resize(size);
  return base64url_encode(digest);
}

// OpenSSL verifies the DER form; empty on a failure.
std::string to_der(std::string_view signature) {
  BigNumber r(BN_bin2bn(bytes_of(signature), coordinate_bytes, nullptr));
  BigNumber s(
      BN_bin2bn(bytes_of(signature) + coordinate_bytes, coordinate_bytes, nullptr));
  const EcdsaSignature both(ECDSA_SIG_new());
  if (!r || !s || !both) return {};
  if (ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<size_t>(size), '\0');
  unsigned char* into = bytes_of(der);
  i2d_ECDSA_SIG(both.get(), &into);
  return der;
}

// The other way round; empty on a failure.
std::string from_der(std::string_view der) {
  const unsigned char* from = bytes_of(der);
  const EcdsaSignature both(
      d2i_ECDSA_SIG(nullptr, &from, static_cast<long>(der.size())));
  if (!both) return {};
  std::string signature(signature_bytes, '\0');
  unsigned char* const into = bytes_of(signature);
  const int size = static_cast<int>(coordinate_bytes);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), into, size) != size) return {};
  if (BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), into + coordinate_bytes, size) !=
      size) {
    return {};
  }
  return signature;
}

// No terminal is ever asked for a pass phrase.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

PublicKey::PublicKey(std::shared_ptr<evp_pkey_st> key)
    : key_(std::move(key)), thumbprint_(thumbprint_of(key_.get())) {}

Result<std::vector<PublicKey>> PublicKey::parse_pem(std::string_view pem) {
  const ErrorScope errors;
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos) {
    return refuse("it holds a private key; the server needs the public part alone");
  }
  if (pem.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
    return refuse("it holds a certificate; a public key (BEGIN PUBLIC KEY) is needed");
  }
  std::vector<PublicKey> keys;
  for (size_t at = pem.find(pem_begin); at != std::string_view::npos;
       at = pem.find(pem_begin, at + 1)) {
    const Bio block = reader_of(pem.substr(at));
    Key key(PEM_read_bio_PUBKEY(block.get(), nullptr, no_pass_phrase, nullptr));
    if (!key) return refuse("it holds a public key that cannot be read");
    if (!is_p256(key.get())) {
      return refuse("it holds a key that is not EC P-256 (prime256v1), as ES256 needs");
    }
    keys.push_back(PublicKey(std::move(key)));
  }
  if (keys.empty()) return refuse("it holds no PEM block BEGIN PUBLIC KEY");
  return keys;
}

Result<PublicKey> PublicKey::from_point(std::string_view x, std::string_view y) {
  const ErrorScope errors;
  if (x.size() != coordinate_bytes || y.size() != coordinate_bytes) {
    return refuse("a coordinate of the key has not 32 bytes");
  }
  std::string point = "\x04";  // Uncompressed.
  point.append(x).append(y);
  char group[] = SN_X9_62_prime256v1;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                        point.size()),
      OSSL_PARAM_construct_end()};
  const KeyContext maker(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  if (!maker || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
      EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return refuse("the key's coordinates are no point of P-256");
  }
  Key key(made);
  const KeyContext checker(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
  if (!checker || EVP_PKEY_public_check(checker.get()) != 1 || !is_p256(made)) {
    return refuse("the key's coordinates are no point of P-256");
  }
  return PublicKey(std::move(key));
}

bool PublicKey::verify(std::string_view text, std::string_view signature) const {
  const ErrorScope errors;
  if (signature.size() != signature_bytes) return false;
  const std::string der = to_der(signature);
  const DigestContext context(EVP_MD_CTX_new());
  return !der.empty() && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                              key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(der), der.size(), bytes_of(text),
                          text.size()) == 1;
}

Result<SigningKey> SigningKey::generate() {
  const ErrorScope errors;
  Key key(EVP_EC_gen(SN_X9_62_prime256v1));
  if (!key) return refuse("OpenSSL could not make a key");
  return SigningKey(std::move(key));
}

Result<SigningKey> SigningKey::parse_pem(std::string_view pem) {
  const ErrorScope errors;
  const Bio bio = reader_of(pem);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!key) return refuse("it holds no private key in PEM form, or an encrypted one");
  if (!is_p256(key.get())) {
    return refuse("it holds a key that is not EC P-256 (prime256v1), as ES256 needs");
  }
  return SigningKey(std::move(key));
}

Result<std::string> SigningKey::sign(std::string_view text) const {
  const ErrorScope errors;
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY* const key = public_key_.key_.get();
  std::string der(128, '\0');
  size_t size = der.size();
  if (context &&
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestSign(context.get(), bytes_of(der), &size, bytes_of(text),
                     text.size()) == 1) {
    der.resize(size);
    if (std::string signature = from_der(der); !signature.empty()) return signature;
  }
  return refuse("OpenSSL could not sign");
}

std::string SigningKey::private_pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  DS_ASSERT(bio && PEM_write_bio_PrivateKey(bio.get(), public_key_.key_.get(), nullptr,
                                            nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio.get());
}

std::string SigningKey::public_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  DS_ASSERT(bio && PEM_write_bio_PUBKEY(bio.get(), public_key_.key_.get()) == 1);
  return text_of(bio.get());
}

}  // namespace durable_streams::auth
