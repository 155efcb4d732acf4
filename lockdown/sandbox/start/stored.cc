// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/stored.h"

#include <algorithm>

#include "core/disk/packed.h"
#include "core/hash/sha256.h"

namespace bf::lockdown::sandbox {
namespace {

// The line end tells a file that was copied as text.
constexpr std::string_view kMagic = "BFSBOX\r\n";
constexpr std::uint32_t kFormat = 2;
constexpr std::size_t kHashBytes = 64;

enum Flag : std::uint32_t {
  kNoNewPrivs = 1,
  kStdin = 2,  // and 4, 8 for the other two
  kActivation = 16,
  kAllFlags = 31,
};

Failure Refuse(std::string_view why) { return FailKind(ErrorKind::kRefused, "{}", why); }

Result<Stored> DecodeContent(disk::PackedReader& in) {
  Stored stored;
  stored.arch = in.Number<std::uint32_t>();
  const auto flags = in.Number<std::uint32_t>();
  stored.no_new_privs = (flags & kNoNewPrivs) != 0;
  for (unsigned i = 0; i < 3; ++i) stored.stdio[i] = (flags & kStdin << i) != 0;
  stored.activation = (flags & kActivation) != 0;
  stored.bounding = in.Number<std::uint64_t>();
  stored.permitted = in.Number<std::uint64_t>();
  stored.ambient = in.Number<std::uint64_t>();
  stored.profile = in.Text();
  stored.policy_hash = in.Text();
  stored.keep = in.Texts();
  stored.set = in.Texts();
  const auto count = in.Number<std::uint32_t>();
  if (!in.good() || count == 0 || count > kMostInstructions || flags > kAllFlags)
    return Refuse("it makes no sense");
  BF_ASSIGN(stored.program, FromBytes(in.Fixed(count * sizeof(Instruction))));
  if (!in.at_end()) return Refuse("it makes no sense");
  return stored;
}

}  // namespace

Stored StoredFrom(const Profile& profile, Arch arch, const Program& program) {
  Stored stored;
  stored.arch = AuditArch(arch);
  stored.profile = profile.name;
  stored.policy_hash = profile.hash;
  stored.bounding = profile.capabilities.bounding.value;
  stored.permitted = profile.capabilities.permitted.value;
  stored.ambient = profile.capabilities.ambient.value;
  stored.no_new_privs = profile.no_new_privs.value;
  std::copy_n(profile.descriptors.stdio, 3, stored.stdio);
  stored.activation = profile.descriptors.activation;
  for (const auto& name : profile.environment.keep) stored.keep.push_back(name.value);
  for (const auto& [name, value] : profile.environment.set)
    stored.set.push_back(name + "=" + value.value);
  stored.program = program;
  return stored;
}

std::string Encode(const Stored& stored) {
  disk::PackedWriter content;
  content.Number(stored.arch);
  std::uint32_t flags = stored.no_new_privs ? kNoNewPrivs : 0U;
  for (unsigned i = 0; i < 3; ++i) flags |= stored.stdio[i] ? kStdin << i : 0U;
  flags |= stored.activation ? kActivation : 0U;
  content.Number(flags);
  content.Number(stored.bounding);
  content.Number(stored.permitted);
  content.Number(stored.ambient);
  content.Text(stored.profile);
  content.Text(stored.policy_hash);
  content.Texts(stored.keep);
  content.Texts(stored.set);
  content.Number(static_cast<std::uint32_t>(stored.program.size()));
  content.bytes() += ToBytes(stored.program);

  disk::PackedWriter file;
  file.bytes() = kMagic;
  file.Number(kFormat);
  const std::size_t head = file.bytes().size() + sizeof(std::uint32_t);
  file.Number(static_cast<std::uint32_t>(head + content.bytes().size() + kHashBytes));
  file.bytes() += content.bytes();
  file.bytes() += hash::HashOf(file.bytes());
  return std::move(file.bytes());
}

Result<Stored> Decode(std::string_view bytes) {
  disk::PackedReader in(bytes);
  if (in.Fixed(kMagic.size()) != kMagic) return Refuse("it is not a compiled profile");
  const auto format = in.Number<std::uint32_t>();
  if (in.good() && format != kFormat) return Refuse("it has a format of another release");
  const auto length = in.Number<std::uint32_t>();
  if (!in.good() || length != bytes.size() || length < kHashBytes)
    return Refuse("it is cut, or has more at its end");
  const auto content = bytes.substr(0, bytes.size() - kHashBytes);
  if (hash::HashOf(content) != bytes.substr(content.size()))
    return Refuse("its digest does not match: it was changed after it was written");
  disk::PackedReader rest(content.substr(kMagic.size() + 2 * sizeof(std::uint32_t)));
  return DecodeContent(rest);
}

}  // namespace bf::lockdown::sandbox
