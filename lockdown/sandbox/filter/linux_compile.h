// SPDX-License-Identifier: Apache-2.0
// A profile through libseccomp to a filter, and the proof that it says the same.
#pragma once

#include "lockdown/sandbox/filter/prove.h"

namespace bf::lockdown::sandbox {

enum class Shape { kLinear, kTree };  // how the filter finds the number

// A filter to be built.
struct Wanted {
  const Profile* profile;
  Arch arch;
  Shape shape;
};
// The filters as libseccomp makes them: not proved yet. In a process of its own, because some rules
// have made libseccomp run on without end; one for all, because a process costs more than a filter.
Result<std::vector<Program>> Build(const std::vector<Wanted>& all);
Result<Program> Build(const Profile& profile, Arch arch, Shape shape);
// libseccomp's own description of it.
Result<std::string> BuildPfc(const Profile& profile, Arch arch, Shape shape);

// Whether libseccomp has a name for it. Otherwise a filter for another architecture than the one
// that builds leaves it to the default action.
bool HasName(const Syscall& syscall);

struct Compiled {
  Profile profile;  // without the rules that this libseccomp cannot express, if it says so
  Arch arch = Arch::kX86_64;
  Shape shape = Shape::kTree;
  Program program;
  Proof proof;
};
// Both shapes are built and proved; the one that costs less is taken.
Result<Compiled> CompileProfile(Profile profile, Arch arch);

}  // namespace bf::lockdown::sandbox
