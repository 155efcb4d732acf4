// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "core/host/output.h"
#include "lockdown/sandbox/filter/linux_compile.h"
#include "lockdown/sandbox/start/stored.h"
#include "lockdown/sandbox/verbs/show.h"
#include "lockdown/sandbox/verbs/verbs.h"

namespace bf::lockdown::sandbox {
namespace {

// For `exec`; whole or not at all.
Status Write(const Compiled& compiled, const std::string& dir) {
  const std::string bytes = Encode(StoredFrom(compiled.profile, compiled.arch, compiled.program));
  const std::string path = fmt::format("{}/{}{}", dir, compiled.profile.name, kStoredSuffix);
  if (bytes.size() > kMostStoredBytes)
    return Fail("{} would have more than {} bytes", path, kMostStoredBytes);
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return FailErrno(error.value(), "make {}", dir);
  return host::WriteOutput(path, bytes);
}

Status ShowFilter(cli::Invocation& invocation) {
  const auto arch = ParseArch(invocation.Get("--arch", std::string(ToString(NativeArch()))));
  if (!arch) return FailKind(ErrorKind::kUsage, "--arch is x86_64 or aarch64");
  const std::string format = invocation.Get("--format", "table");
  if (format != "table" && format != "bpf" && format != "pfc" && format != "systemd")
    return FailKind(ErrorKind::kUsage, "--format is table, bpf, pfc or systemd");
  if (invocation.Has("--out") && (invocation.json || invocation.Has("--format")))
    return FailKind(ErrorKind::kUsage,
                    "--out writes what `exec` loads, and takes neither --json nor --format");
  if (invocation.json && format != "table")
    return FailKind(ErrorKind::kUsage, "--json has a form of its own, and takes no --format");
  BF_ASSIGN(Profile profile, LoadProfile(invocation.policy_dir, invocation.positionals.front()));
  BF_ASSIGN(const Compiled compiled, CompileProfile(std::move(profile), *arch));
  for (const auto& note : compiled.profile.notes)
    invocation.Say(cli::Level::kWarning, note.at.ToString() + ": " + note.value);
  if (invocation.Has("--out")) {
    if (invocation.dry_run) return {};
    return Write(compiled, invocation.Get("--out"));
  }
  if (format == "table")
    invocation.out() << (invocation.json ? AsJson(compiled) : AsTable(compiled));
  if (format == "systemd") invocation.out() << AsUnit(compiled);
  if (format == "bpf") invocation.out() << ToBytes(compiled.program);
  if (format == "pfc") {
    BF_ASSIGN(const std::string text, BuildPfc(compiled.profile, *arch, compiled.shape));
    invocation.out() << text;
  }
  return {};
}

}  // namespace

cli::Verb FilterVerb() {
  return {
      "filter",
      "compile a sandbox profile, prove it, and show it",
      {{"--arch", "ARCH", "x86_64 or aarch64 (default: this machine's)"},
       {"--format", "FORMAT", "table, bpf (raw struct sock_filter), pfc (libseccomp's) or systemd"},
       {"--out", "DIR", "write it there instead, as `exec` loads it"}},
      {"PROFILE"},
      ShowFilter};
}

}  // namespace bf::lockdown::sandbox
