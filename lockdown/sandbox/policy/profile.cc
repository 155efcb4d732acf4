// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "core/hash/sha256.h"
#include "core/host/file.h"
#include "lockdown/sandbox/policy/read.h"

namespace bf::lockdown::sandbox {
namespace {

Located<Action> ReadDefault(policy::Reader& reader) {
  const auto text = reader.String("default");
  const auto action = ParseAction(text.value);
  if (!action && !text.value.empty())
    reader.diagnostics().Add(text.at,
                             "\"{}\" is not an action: \"kill\", or an error such as \"ENOSYS\"; "
                             "\"log\" and \"allow\" need a [[relax]]",
                             text.value);
  return {action.value_or(Action{}), text.at};
}

// A profile that does not allow execve could never be entered.
void CheckCanStart(const Profile& profile, policy::Diagnostics& diagnostics) {
  const bool can = profile.fallback.value.allows() ||
                   std::any_of(profile.rules.begin(), profile.rules.end(), [](const Rule& rule) {
                     return rule.syscall->name == "execve" && rule.action.allows();
                   });
  if (!can)
    diagnostics.Add(profile.at, "\"execve\" is not allowed: nothing could be started with this");
}

}  // namespace

bool GoodProfileName(std::string_view name) {
  return !name.empty() && name.size() <= 32 && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Result<Profile> ParseProfile(std::string_view text, const std::string& file,
                             const std::string& name) {
  policy::Diagnostics diagnostics;
  const policy::Document document = policy::ParseToml(text, file, diagnostics);
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());  // not even TOML
  Profile profile;
  profile.name = name;
  profile.hash = hash::HashOf(text);
  profile.at = document.at;
  policy::Reader reader(document.root, document.at, diagnostics);
  reader.Schema(1);
  profile.description = reader.String("description");
  const auto groups = reader.Integer("groups", 1, 1'000'000);
  if (groups.value != kGroupsVersion && groups.value >= 1)
    diagnostics.Add(groups.at,
                    "this was written against version {} of the groups, and they are at {}: look "
                    "at `bf-lockdown groups`, then change the number",
                    groups.value, kGroupsVersion);
  profile.fallback = ReadDefault(reader);
  profile.unknown = reader.Enum<Unknown>(
      "unknown_syscalls", {{"refuse", Unknown::kRefuse}, {"default", Unknown::kDefault}},
      Unknown::kRefuse);
  profile.no_new_privs = reader.Bool("no_new_privs", true);
  profile.descriptors = ReadDescriptors(reader);
  reader.Tables("rule", [&](policy::Reader& table) { ReadRule(table, profile); });
  reader.SubTable("capabilities",
                  [&](policy::Reader& table) { profile.capabilities = ReadCapabilities(table); });
  reader.SubTable("environment",
                  [&](policy::Reader& table) { profile.environment = ReadEnvironment(table); });
  reader.Tables("relax",
                [&](policy::Reader& table) { profile.relaxes.push_back(ReadRelax(table)); });
  reader.Finish();
  if (profile.rules.size() > kMostRules) {
    diagnostics.Add(profile.at, "there are more than {} rules", kMostRules);
    return Failure(diagnostics.ToError());
  }
  Resolve(profile, diagnostics);
  CheckCanStart(profile, diagnostics);
  CheckRelaxes(profile, diagnostics);
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  return profile;
}

Result<Profile> LoadProfile(const std::string& dir, const std::string& name) {
  if (!GoodProfileName(name))
    return FailKind(ErrorKind::kUsage,
                    "\"{}\" is not the name of a profile: lower-case letters, digits and \"-\"",
                    name);
  const std::string path = fmt::format("{}/{}/{}.toml", dir, kProfileDir, name);
  auto text = host::ReadFile(path, policy::kMaxPolicyBytes);
  if (!text) {
    text.error().kind = ErrorKind::kPolicy;
    if (text.error().sys_errno == 0) text.error().source = SourceRef{path, 1, 1};
    return Failure(std::move(text).error().Context("policy"));
  }
  return ParseProfile(*text, path, name);
}

Result<std::vector<Profile>> LoadProfiles(const std::string& dir) {
  const std::string path = fmt::format("{}/{}", dir, kProfileDir);
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
       at.increment(error))
    if (at->path().extension() == ".toml") names.push_back(at->path().stem().string());
  if (error && error != std::errc::no_such_file_or_directory)
    return FailErrno(error.value(), "{}", path);
  std::sort(names.begin(), names.end());
  std::vector<Profile> profiles;
  for (const auto& name : names) {
    BF_ASSIGN(Profile profile, LoadProfile(dir, name));
    profiles.push_back(std::move(profile));
  }
  return profiles;
}

}  // namespace bf::lockdown::sandbox
