// SPDX-License-Identifier: Apache-2.0
// bf-verify-ed25519 KEY SIGNATURE < MESSAGE: exit 0 if the signature is right, 1 if it is not.
#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "core/host/file.h"
#include "lockdown/maintenance/verify.h"

namespace bf::lockdown::maintenance {
namespace {

constexpr int kUsage = 64;
constexpr std::size_t kLongestMessage = 64 << 10;

std::optional<std::vector<unsigned char>> FromHex(std::string_view text, std::size_t bytes) {
  if (text.size() != 2 * bytes) return std::nullopt;
  std::vector<unsigned char> out(bytes);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    int digit = 0;
    if (c >= '0' && c <= '9')
      digit = c - '0';
    else if (c >= 'a' && c <= 'f')
      digit = c - 'a' + 10;
    else
      return std::nullopt;
    out[i / 2] = static_cast<unsigned char>(out[i / 2] * 16 + digit);
  }
  return out;
}

}  // namespace

std::optional<bool> Verify(std::string_view key_hex, std::string_view signature_hex,
                           std::string_view message) {
  const auto key = FromHex(key_hex, 32);
  const auto signature = FromHex(signature_hex, 64);
  if (!key || !signature) return std::nullopt;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key->data(), key->size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  if (!pkey || !context ||
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) != 1)
    return std::nullopt;
  const int result =
      EVP_DigestVerify(context.get(), signature->data(), signature->size(),
                       reinterpret_cast<const unsigned char*>(message.data()), message.size());
  return result == 1;
}

int RunVerify(const std::vector<std::string>& args) {
  if (args.size() != 2) return kUsage;
  const auto message = host::ReadAll(0, "stdin", kLongestMessage);
  if (!message) return kUsage;
  const auto good = Verify(args[0], args[1], *message);
  return !good ? kUsage : *good ? 0 : 1;
}

}  // namespace bf::lockdown::maintenance
