// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "lockdown/sandbox/policy/date.h"
#include "lockdown/sandbox/policy/names.h"
#include "lockdown/sandbox/policy/read.h"

namespace bf::lockdown::sandbox {
namespace {

Located<std::uint64_t> ReadSet(policy::Reader& reader, std::string_view key) {
  Located<std::uint64_t> set{0, reader.At(key)};
  for (const auto& name : reader.Strings(key)) {
    const auto number = Lookup(Capabilities(), name.value);
    if (!number) {
      const auto names = NamesOf(Capabilities());
      const auto closest = policy::ClosestMatch(name.value, names);
      reader.diagnostics().Add(
          name.at, "there is no capability \"{}\"{}", name.value,
          closest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", closest));
      continue;
    }
    if ((set.value >> *number & 1U) != 0)
      reader.diagnostics().Add(name.at, "\"{}\" is listed twice", name.value);
    set.value |= std::uint64_t{1} << *number;
  }
  return set;
}

bool IsEnvironmentName(std::string_view name) {
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

// The dynamic linker runs what these name, whoever set them.
bool IsLoaderName(std::string_view name) {
  return name.starts_with("LD_") || name == "GCONV_PATH" || name == "GLIBC_TUNABLES" ||
         name == "MALLOC_TRACE" || name == "LOCPATH" || name == "NLSPATH";
}

void CheckName(std::string_view name, const SourceRef& at, policy::Diagnostics& diagnostics) {
  if (!IsEnvironmentName(name))
    diagnostics.Add(at, "\"{}\" is not the name of an environment variable", name);
  else if (IsLoaderName(name))
    diagnostics.Add(at, "\"{}\" makes the C library load other files: it is never passed on", name);
}

}  // namespace

bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (const std::size_t i : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U}) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  const auto number = [&](std::size_t begin, std::size_t count) {
    unsigned value = 0;
    for (const char c : text.substr(begin, count))
      value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  };
  const std::chrono::year year(static_cast<int>(number(0, 4)));
  return (year / std::chrono::month(number(5, 2)) / std::chrono::day(number(8, 2))).ok();
}

bool MayKeepVariable(std::string_view name) {
  return IsEnvironmentName(name) && !IsLoaderName(name);
}

CapabilitySets ReadCapabilities(policy::Reader& reader) {
  CapabilitySets sets{ReadSet(reader, "bounding"), ReadSet(reader, "permitted"),
                      ReadSet(reader, "ambient")};
  auto& diagnostics = reader.diagnostics();
  const auto outside = [&](const auto& inner, const auto& outer, auto inner_name, auto outer_name) {
    const std::uint64_t more = inner.value & ~outer.value;
    if (more != 0)
      diagnostics.Add(inner.at, "\"{}\" has {}, which \"{}\" has not", inner_name,
                      CapabilityNames(more), outer_name);
    return more != 0;
  };
  if (outside(sets.permitted, sets.bounding, "permitted", "bounding")) return sets;
  if (outside(sets.ambient, sets.permitted, "ambient", "permitted")) return sets;
  // execve(2) leaves a process with its ambient set, or as user 0 with its bounding set.
  const bool possible = sets.permitted.value == sets.ambient.value ||
                        (sets.ambient.value == 0 && sets.permitted.value == sets.bounding.value);
  if (!possible)
    diagnostics.Add(
        sets.permitted.at,
        "no process starts with these: \"permitted\" is either the same as \"ambient\", "
        "or the same as \"bounding\" with an empty \"ambient\" (of user 0)");
  return sets;
}

Environment ReadEnvironment(policy::Reader& reader) {
  Environment environment;
  environment.keep = reader.Strings("keep");
  for (const auto& name : environment.keep) CheckName(name.value, name.at, reader.diagnostics());
  reader.SubTable("set", [&](policy::Reader& table) {
    for (const std::string& name : table.Keys()) {
      const auto value = table.String(name, "");
      CheckName(name, value.at, table.diagnostics());
      if (value.value.find_first_of(std::string_view("\0\n", 2)) != std::string::npos)
        table.diagnostics().Add(value.at, "the value of an environment variable is one line");
      environment.set[name] = value;
    }
  });
  for (const auto& name : environment.keep) {
    if (environment.set.contains(name.value))
      reader.diagnostics().Add(name.at, "\"{}\" is both kept and set", name.value);
  }
  return environment;
}

Descriptors ReadDescriptors(policy::Reader& reader) {
  Descriptors descriptors;
  descriptors.at = reader.At("inherit");
  static constexpr std::string_view kStdio[] = {"stdin", "stdout", "stderr"};
  if (reader.Has("inherit")) std::fill_n(descriptors.stdio, 3, false);
  for (const auto& name : reader.Strings("inherit")) {
    const auto* found = std::find(std::begin(kStdio), std::end(kStdio), name.value);
    if (found != std::end(kStdio))
      descriptors.stdio[found - std::begin(kStdio)] = true;
    else if (name.value == "activation")
      descriptors.activation = true;
    else
      reader.diagnostics().Add(
          name.at, "\"{}\" is not one of \"stdin\", \"stdout\", \"stderr\" and \"activation\"",
          name.value);
  }
  return descriptors;
}

Relax ReadRelax(policy::Reader& reader) {
  Relax relax;
  relax.at = reader.at();
  relax.what = reader.Strings("what");
  if (relax.what.empty()) reader.diagnostics().Add(relax.at, "\"what\" is missing or empty");
  relax.because = reader.String("because");
  relax.owner = reader.String("owner");
  relax.expires = reader.String("expires", "");
  if (!relax.expires.value.empty() && !IsDate(relax.expires.value))
    reader.diagnostics().Add(relax.expires.at, "\"{}\" is not a date such as \"2027-01-31\"",
                             relax.expires.value);
  return relax;
}

}  // namespace bf::lockdown::sandbox
