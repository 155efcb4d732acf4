// SPDX-License-Identifier: Apache-2.0
// Ed25519 (RFC 8032) with OpenSSL's libcrypto.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bf::lockdown::maintenance {

// Nothing if it could not be found out: a key or signature that is none.
std::optional<bool> Verify(std::string_view key_hex, std::string_view signature_hex,
                           std::string_view message);

// The program: see linux_verify.cc.
int RunVerify(const std::vector<std::string>& args);

}  // namespace bf::lockdown::maintenance
