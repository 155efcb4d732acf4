// SPDX-License-Identifier: Apache-2.0
#include "core/host/file.h"
#include "core/host/output.h"
#include "lockdown/sandbox/policy/names.h"
#include "lockdown/sandbox/verbs/verbs.h"
#include "lockdown/sandbox/watch/linux_learn.h"
#include "lockdown/sandbox/watch/propose.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::size_t kMostRecordBytes = 16 << 20;

Result<std::uint64_t> CapabilitiesFrom(std::string_view text) {
  std::uint64_t set = 0;
  while (!text.empty()) {
    const auto name = text.substr(0, text.find(','));
    const auto number = Lookup(Capabilities(), name);
    if (!number) return FailKind(ErrorKind::kUsage, "there is no capability \"{}\"", name);
    set |= std::uint64_t{1} << *number;
    text.remove_prefix(std::min(text.size(), name.size() + 1));
  }
  return set;
}

Result<Learned> Merged(const std::vector<std::string>& files) {
  Learned all;
  for (const std::string& file : files) {
    BF_ASSIGN(const std::string text, host::ReadFile(file, kMostRecordBytes));
    BF_ASSIGN(const Learned one, FromJson(text, file));
    all.Merge(one);
  }
  return all;
}

Result<Learned> Watched(cli::Invocation& invocation) {
  BF_ASSIGN(const std::uint64_t capabilities, CapabilitiesFrom(invocation.Get("--capabilities")));
  BF_ASSIGN(Lesson lesson, Learn(invocation.positionals, capabilities));
  // Then it may not have done all that it does.
  if (lesson.ended.signal != 0)
    invocation.Say(cli::Level::kWarning,
                   fmt::format("the program was ended by signal {}", lesson.ended.signal));
  else if (lesson.ended.code != 0)
    invocation.Say(cli::Level::kWarning,
                   fmt::format("the program ended with exit status {}", lesson.ended.code));
  return std::move(lesson.learned);
}

Status LearnProfile(cli::Invocation& invocation) {
  const bool merge = invocation.Has("--merge");
  if (invocation.positionals.empty())
    return FailKind(ErrorKind::kUsage, "learn: {} missing",
                    merge ? "the recordings to merge are" : "the program to run is");
  if (invocation.dry_run && !merge)
    return FailKind(ErrorKind::kUsage, "learn: there is nothing to be learned without running it");
  // What the program itself says on stdout would stand between.
  if (invocation.json && !merge && !invocation.Has("--out"))
    return FailKind(ErrorKind::kUsage, "learn: --json needs --out: stdout is the program's");
  // Else what was recorded would be lost at the end.
  if (invocation.Has("--out")) BF_TRY(host::CheckOutput(invocation.Get("--out")));
  BF_ASSIGN(const Learned learned, merge ? Merged(invocation.positionals) : Watched(invocation));
  if (learned.kinds.empty()) return Fail("nothing was recorded");
  std::string text = ToJson(learned);
  if (!invocation.json) {
    BF_ASSIGN(text, ProposeProfile(learned));
  }
  if (!invocation.Has("--out")) {
    invocation.out() << text;
    return {};
  }
  if (invocation.dry_run) return {};
  return host::WriteOutput(invocation.Get("--out"), text);
}

}  // namespace

cli::Verb LearnVerb() {
  return {"learn",
          "run a program, and propose the smallest profile for what it did",
          {{"--merge", "", "propose one for all these recordings of earlier runs (--json) instead"},
           {"--capabilities", "NAMES", "run it with these, such as CAP_KILL,CAP_SYS_NICE"},
           {"--out", "FILE",
            "where the proposal goes, not to stdout; --json without --merge needs it"}},
          {"[CMD...]"},
          LearnProfile,
          "126 where CMD cannot be executed, 127 where there is none."};
}

}  // namespace bf::lockdown::sandbox
