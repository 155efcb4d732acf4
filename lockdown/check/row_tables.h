// SPDX-License-Identifier: Apache-2.0
// The parts of the matrix, and what their judges share. Only for rows*.cc.
#pragma once

#include <fmt/format.h>

#include <span>

#include "lockdown/check/config.h"
#include "lockdown/check/rows.h"

namespace bf::lockdown::check {

std::span<const Row> KernelRows();      // SysRq, Ctrl-Alt-Del, TIOCSTI, the command line
std::span<const Row> ConsoleRows();     // VTs, logind, gettys, shells
std::span<const Row> NodeRows();        // device nodes, udev's tags, modules
std::span<const Row> CompositorRows();  // what its clients may do
std::span<const Row> DeviceRows();      // the three gates
std::span<const Row> FileRows();        // what the policy compiles to, and who overrides it
std::span<const Row> SandboxRows();     // profiles, services and processes

template <class... Args>
void Drift(Outcome& outcome, fmt::format_string<Args...> format, Args&&... args) {
  outcome.drifts.push_back(fmt::format(format, std::forward<Args>(args)...));
}

// Sets what policy wants, its line, and the reason that [console.reasons] gives for `key`.
template <class T>
void Wants(const Context& context, Outcome& outcome, const policy::Located<T>& line,
           std::string_view key, std::string wants) {
  outcome.wants = std::move(wants);
  outcome.because = line.at ? line.at : context.policy.console.at;
  for (const auto& reason : context.policy.console.reasons)
    if (reason.key == key) outcome.reason = reason.text.value;
}
// The same for rows that no key opens.
void WantsAlways(const Context& context, Outcome& outcome, std::string wants);

// The text of an attribute that must be there; drift and nothing if it is not.
const std::string* Need(const Context& context, Outcome& outcome, std::string_view path);
// The words of the kernel command line; drift if it cannot be read.
std::vector<std::string> CommandLineWords(const Context& context, Outcome& outcome);
// False, and drift, where a list was not read.
bool NeedAll(Outcome& outcome, std::string_view what, const std::string& problem);

// "none", or the items with commas, the first few.
std::string Listed(const std::vector<std::string>& items);

}  // namespace bf::lockdown::check
