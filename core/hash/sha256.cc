// SPDX-License-Identifier: Apache-2.0
#include "core/hash/sha256.h"

#include <nettle/sha2.h>

namespace bf::hash {
namespace {

using Digest = std::array<std::uint8_t, SHA256_DIGEST_SIZE>;

void Update(sha256_ctx& context, std::string_view bytes) {
  sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

Digest Finish(sha256_ctx& context) {
  Digest digest;
  sha256_digest(&context, digest.size(), digest.data());
  return digest;
}

std::string ToHex(const Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(2 * digest.size(), '\0');
  auto next = text.begin();
  for (const std::uint8_t byte : digest) {
    *next++ = kDigits[byte >> 4];
    *next++ = kDigits[byte & 0xf];
  }
  return text;
}

}  // namespace

struct Sha256::State {
  sha256_ctx context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { sha256_init(&state_->context); }
Sha256::~Sha256() = default;

void Sha256::Add(std::string_view bytes) { Update(state_->context, bytes); }

std::string Sha256::Hex() { return ToHex(Finish(state_->context)); }

std::string HashOf(std::string_view bytes) { return ToHex(DigestOf(bytes)); }

Digest DigestOf(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  Update(context, bytes);
  return Finish(context);
}

}  // namespace bf::hash
