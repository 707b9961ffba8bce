#include "auth/es256.h"

#include <gtest/gtest.h>

#include "auth/base64url.h"
#include "auth/errc.h"

namespace durable_streams::auth {
namespace {

// The key and the signature of RFC 7515, Appendix A.3.
const std::string rfc_x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const std::string rfc_y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const std::string rfc_text =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const std::string rfc_signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-"
    "Kg6NU1Q";

// One key in several forms, made with openssl(1) for this test alone.
const std::string own_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEra2ZocS3WbdSqcOuQHGWp3fRCyoS\n"
    "3ZL+iW1/kE32zCca2bEajraDv/tEveNcbCLmsEXAeIxXNt8VYOhI62ymxg==\n"
    "-----END PUBLIC KEY-----\n";
const std::string own_compressed =
    "-----BEGIN PUBLIC KEY-----\n"
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACra2ZocS3WbdSqcOuQHGWp3fRCyoS\n"
    "3ZL+iW1/kE32zCc=\n"
    "-----END PUBLIC KEY-----\n";
const std::string own_sec1 =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIK5wic0w6I8tsoR1UUMv42kG1mHRie+x+KC6YHwDZ6GwoAoGCCqGSM49\n"
    "AwEHoUQDQgAEra2ZocS3WbdSqcOuQHGWp3fRCyoS3ZL+iW1/kE32zCca2bEajraD\n"
    "v/tEveNcbCLmsEXAeIxXNt8VYOhI62ymxg==\n"
    "-----END EC PRIVATE KEY-----\n";

PublicKey rfc_key() {
  return *PublicKey::from_point(*base64url_decode(rfc_x), *base64url_decode(rfc_y));
}

template <class T>
std::string refusal(const Result<T>& result) {
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, Errc::unusable_key);
  return result.error().detail;
}

TEST(PublicKey, VerifiesTheExampleOfRfc7515) {
  EXPECT_TRUE(rfc_key().verify(rfc_text, *base64url_decode(rfc_signature)));
}

TEST(PublicKey, ThumbprintFollowsRfc7638) {
  EXPECT_EQ(rfc_key().thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

TEST(PublicKey, RefusesEveryOtherSignatureOrText) {
  const PublicKey key = rfc_key();
  const std::string good = *base64url_decode(rfc_signature);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(key.verify(rfc_text, bad)) << bit;
  }
  EXPECT_FALSE(key.verify(rfc_text + "x", good));
  EXPECT_FALSE(key.verify("", good));
  EXPECT_FALSE(key.verify(rfc_text, ""));
  EXPECT_FALSE(key.verify(rfc_text, good.substr(0, 63)));
  EXPECT_FALSE(key.verify(rfc_text, good + good[0]));
  EXPECT_FALSE(key.verify(rfc_text, good.substr(32) + good.substr(0, 32)));
}

// Implementations have accepted r = s = 0 for any text and key (CVE-2022-21449).
TEST(PublicKey, RefusesTrivialSignatures) {
  const PublicKey key = rfc_key();
  std::string order;  // n, which is 0 modulo n.
  for (const int byte :
       {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
        0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51}) {
    order += static_cast<char>(byte);
  }
  const std::string zero(32, '\0');
  const std::string one = std::string(31, '\0') + '\1';
  for (const std::string& r : {zero, one, order}) {
    for (const std::string& s : {zero, one, order}) {
      EXPECT_FALSE(key.verify(rfc_text, r + s));
    }
  }
}

TEST(PublicKey, ReadsPemInBothPointForms) {
  const auto key = PublicKey::parse_pem(own_public);
  const auto compressed = PublicKey::parse_pem(own_compressed);
  ASSERT_TRUE(key && compressed);
  ASSERT_EQ(key->size(), 1u);
  EXPECT_EQ(key->front().thumbprint(), compressed->front().thumbprint());
}

TEST(PublicKey, ReadsSeveralBlocksAndTextAroundThem) {
  const std::string other = SigningKey::generate()->public_pem();
  const auto keys =
      PublicKey::parse_pem("the old key\n" + own_public + "\nthe new one\n" + other);
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_NE(keys->front().thumbprint(), keys->back().thumbprint());
}

TEST(PublicKey, RefusesOtherKeysWithASentence) {
  const std::string p384 =
      "-----BEGIN PUBLIC KEY-----\n"
      "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAELbHEU/y4qJ++zq5LtkmhjyuWD2goii5J\n"
      "Z+35kiG7OVgtqe+zEnPrS7Wy6KCWHvpYhCzj0f03NDBnzHhkh9jGnw063x7DU2Uo\n"
      "z9cDsfXVTOM0akdHyp+6zdlrByD4oIkw\n"
      "-----END PUBLIC KEY-----\n";
  const std::string k256 =
      "-----BEGIN PUBLIC KEY-----\n"
      "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAERV+9owAdNX8M2dnRGcMCWk+DL3BfTQ6q\n"
      "P/KFUkex7RSP8+8A1hcbu9Br8eII2uZ9p5IBRCweWwEeHZF+TKFZjw==\n"
      "-----END PUBLIC KEY-----\n";
  const std::string ed25519 =
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEA+6bknfDxRc09ddJswo8F66BNC47TwPO1ommCifwpTM8=\n"
      "-----END PUBLIC KEY-----\n";
  const std::string rsa =
      "-----BEGIN PUBLIC KEY-----\n"
      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAykXMJW9jJH0tNtwCUYRY\n"
      "Fjhp06Pooi5nuvPbkkPqSW9mfyK21crpQtytAiK6hgfDdNaK86ptedUE0PZTPgsL\n"
      "svbggzRKljeKdxKBjrNWELw3fCGWlMswT5WhVXluciNFGYjmf6ciJXFxFFWPyEdW\n"
      "HnImBXeDaQOyyfPU+yHotSlTa6oqbtYsGcZq/jcPEnwU3AnGgsY1tTOEpHKekIE0\n"
      "WncNMG3jHi7BLYBYsdwXwplg4fd24RTw/vlCbo/Vq3Ind5Ht9FTvMYP9IkGXhhEi\n"
      "Il0cOeI/viN7kN7KOVGONX/5aTFjOYQX+b2Z9+vpuRy935T4wg1DsCo/Qpumr7ku\n"
      "gQIDAQAB\n"
      "-----END PUBLIC KEY-----\n";
  for (const std::string& pem : {p384, k256, ed25519, rsa, own_public + p384}) {
    EXPECT_EQ(refusal(PublicKey::parse_pem(pem)),
              "it holds a key that is not EC P-256 (prime256v1), as ES256 needs");
  }
  EXPECT_EQ(refusal(PublicKey::parse_pem(own_sec1)),
            "it holds a private key; the server needs the public part alone");
  EXPECT_EQ(refusal(PublicKey::parse_pem(SigningKey::generate()->private_pem())),
            "it holds a private key; the server needs the public part alone");
  EXPECT_EQ(refusal(PublicKey::parse_pem("-----BEGIN CERTIFICATE-----\nMIIB\n")),
            "it holds a certificate; a public key (BEGIN PUBLIC KEY) is needed");
  for (const std::string& text :
       {std::string(), std::string("ssh-ed25519 AAAA"), std::string("\0\x30\x59", 3)}) {
    EXPECT_EQ(refusal(PublicKey::parse_pem(text)),
              "it holds no PEM block BEGIN PUBLIC KEY");
  }
  EXPECT_EQ(refusal(PublicKey::parse_pem(
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")),
            "it holds a public key that cannot be read");
  EXPECT_EQ(refusal(PublicKey::parse_pem(own_public.substr(0, 120))),
            "it holds a public key that cannot be read");
}

TEST(PublicKey, FromPointRefusesWhatIsNoneOfTheCurve) {
  const std::string x = *base64url_decode(rfc_x);
  const std::string y = *base64url_decode(rfc_y);
  EXPECT_EQ(refusal(PublicKey::from_point(y, x)),
            "the key's coordinates are no point of P-256");
  EXPECT_EQ(
      refusal(PublicKey::from_point(std::string(32, '\0'), std::string(32, '\0'))),
      "the key's coordinates are no point of P-256");
  EXPECT_EQ(refusal(PublicKey::from_point(x.substr(1), y)),
            "a coordinate of the key has not 32 bytes");
  EXPECT_EQ(refusal(PublicKey::from_point(x, y + '\0')),
            "a coordinate of the key has not 32 bytes");
}

TEST(SigningKey, SignsWhatItsPublicPartVerifies) {
  const SigningKey key = *SigningKey::generate();
  const PublicKey public_key = PublicKey::parse_pem(key.public_pem())->front();
  EXPECT_EQ(public_key.thumbprint(), key.thumbprint());
  // Often enough to meet an r or s that begins with a zero byte.
  for (int i = 0; i < 600; ++i) {
    const std::string text = "text " + std::to_string(i);
    const auto signature = key.sign(text);
    ASSERT_TRUE(signature);
    ASSERT_EQ(signature->size(), signature_bytes);
    ASSERT_TRUE(public_key.verify(text, *signature));
  }
  EXPECT_FALSE(SigningKey::generate()->sign("text")->empty());
}

TEST(SigningKey, ReadsBothPemForms) {
  const auto sec1 = SigningKey::parse_pem(own_sec1);
  ASSERT_TRUE(sec1);
  EXPECT_EQ(sec1->public_pem(), own_public);
  const auto pkcs8 = SigningKey::parse_pem(sec1->private_pem());
  ASSERT_TRUE(pkcs8);
  EXPECT_EQ(pkcs8->thumbprint(), sec1->thumbprint());
  EXPECT_EQ(sec1->private_pem().substr(0, 27), "-----BEGIN PRIVATE KEY-----");
}

TEST(SigningKey, RefusesWhatIsNoPrivateKey) {
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjpJXtHhP5NngICCAAw\n"
      "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKUvWPy+X8LNuF9sDxaftZ8EgZCs\n"
      "GF73G3UXIxI5YXynoyxBYMUlA7F3ZHJhHZB1oh/U34gt95oBjetXxNp7yjI6+lVR\n"
      "Zn3FqPgyJjZkLk67EmDoemoFCxq/teS+EFdi32tQOkYklhEZGJtx4xX8oO+UDEys\n"
      "CEDzrsEWZZ3FNpyGDUc/BUGD1dPmMDKjvKD/bqFrWQ/BA8632PETLzPETnjB7c4=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  for (const std::string& text : {std::string(), own_public, encrypted}) {
    EXPECT_EQ(refusal(SigningKey::parse_pem(text)),
              "it holds no private key in PEM form, or an encrypted one");
  }
}

}  // namespace
}  // namespace durable_streams::auth
