// SPDX-License-Identifier: Apache-2.0
// accepted.toml turns loosenings that stop a release into ones that do not. Whatever it says: what
// it accepts is of the file, the text and the name that it gives, and somebody answers for it.
#include <cstdint>

#include "audit/set/accepted.h"

namespace {

using bf::audit::Accept;
using bf::audit::Change;
using bf::audit::Direction;

void MustHold(bool what) {
  if (!what) __builtin_trap();
}

void CheckEntry(const Accept& accept) {
  MustHold(!accept.file.value.empty() && accept.file.value.front() != '/' &&
           ("/" + accept.file.value + "/").find("/../") == std::string::npos);
  MustHold(accept.hash.value == bf::audit::kNoText || accept.hash.value.size() == 7 + 64);
  MustHold(!accept.who.value.empty() && !accept.why.value.empty() && !accept.what.empty());
}

// Changes that one entry names, each different from it in one thing.
void CheckMarks(const std::vector<Accept>& accepts, const Accept& accept) {
  const std::string subject = accept.what.front().value;
  const Change meant{Direction::kLoosened, accept.file.value, subject, "", "", {}, {}};
  std::vector<Change> changes(4, meant);
  changes[1].direction = Direction::kTightened;
  changes[2].file += "x";
  changes[3].subject += "x";
  // Every file has the text, so that only the name tells them apart.
  const auto hash = [&](const std::string&) { return accept.hash.value; };
  bf::audit::MarkAccepted(changes, accepts, hash);
  MustHold(changes[0].accepted && !changes[0].accepted_by.empty());
  MustHold(!changes[1].accepted);
  // Another entry, or another name in it, may mean these.
  const bool alone = accepts.size() == 1 && accept.what.size() == 1;
  MustHold(!alone || (!changes[2].accepted && !changes[3].accepted));
  std::vector<Change> edited = {meant};
  bf::audit::MarkAccepted(edited, accepts,
                          [](const std::string&) { return std::string("another"); });
  MustHold(!edited[0].accepted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::policy;
  Diagnostics diagnostics;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Document document = ParseToml(text, "accepted.toml", diagnostics);
  const auto accepts = bf::audit::ReadAccepted(document, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.Sorted())
    MustHold(diagnostic.at.line > 0 && diagnostic.at.column > 0);
  if (!diagnostics.empty()) return 0;
  for (const Accept& accept : accepts) {
    CheckEntry(accept);
    CheckMarks(accepts, accept);
  }
  return 0;
}
