// SPDX-License-Identifier: Apache-2.0
// A compiled profile as a file: all that starting in it needs, so that nothing is parsed and
// nothing compiled then. Written when the package is built, and read by bf-lockdown-exec.
//
//   "BFSBOX\r\n"  format  length  arch  flags  bounding  permitted  ambient  profile  policy
//   environment to keep  environment to set  instructions  SHA-256 of all that (64 digits)
//
// As core/disk/packed.h has it; numbers have 32 bits, but for the three sets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lockdown/sandbox/filter/bpf.h"

namespace bf::lockdown::sandbox {

struct Stored {
  std::uint32_t arch = 0;  // AUDIT_ARCH_*
  std::string profile;
  std::string policy_hash;  // of the text of the profile
  std::uint64_t bounding = 0;
  std::uint64_t permitted = 0;
  std::uint64_t ambient = 0;
  bool no_new_privs = true;
  bool stdio[3] = {true, true, true};
  bool activation = false;
  std::vector<std::string> keep;  // names
  std::vector<std::string> set;   // "NAME=value"
  Program program;

  // As CapabilitySets has it.
  bool root_is_nobody() const { return permitted == ambient; }
};

inline constexpr std::string_view kStoredDir = "/usr/lib/betterframe/sandbox";
inline constexpr std::string_view kStoredSuffix = ".filter";
inline constexpr std::size_t kMostStoredBytes = 256 << 10;

Stored StoredFrom(const Profile& profile, Arch arch, const Program& program);
std::string Encode(const Stored& stored);
// Refuses what was changed, cut, or written in another format: kRefused.
Result<Stored> Decode(std::string_view bytes);

}  // namespace bf::lockdown::sandbox
