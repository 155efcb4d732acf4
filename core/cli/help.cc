// SPDX-License-Identifier: Apache-2.0
#include "core/cli/parse.h"

namespace bf::cli {
namespace {

constexpr std::size_t kColumn = 26;

std::string Row(const std::string& left, const std::string& right) {
  if (left.size() + 2 > kColumn) return fmt::format("  {}\n  {:{}}{}\n", left, "", kColumn, right);
  return fmt::format("  {:<{}}{}\n", left, kColumn, right);
}

std::string OptionRow(const Option& option) {
  const std::string left =
      option.value_name.empty() ? option.name : option.name + " " + option.value_name;
  return Row(left, option.help + (option.required ? " Required." : ""));
}

std::string Usage(const Tool& tool, const Verb& verb) {
  std::string text = tool.name;
  if (!verb.name.empty()) text += " " + verb.name;
  for (const Option& option : verb.options) {
    if (option.required) text += fmt::format(" {} {}", option.name, option.value_name);
  }
  text += " [OPTION]...";
  for (const std::string& positional : verb.positionals) text += " " + positional;
  return text;
}

std::string OptionTable(const Tool& tool, const std::vector<Option>& own) {
  std::string text = "\nOptions:\n";
  for (const Option& option : own) text += OptionRow(option);
  for (const Option& option : OptionsOf(tool)) {
    // A verb may give a common option a meaning of its own.
    const bool own_meaning = std::any_of(
        own.begin(), own.end(), [&](const Option& other) { return other.name == option.name; });
    if (!own_meaning) text += OptionRow(option);
  }
  text += Row("--help", "Print this text.");
  text += Row("--version", "Print the version.");
  return text;
}

constexpr std::string_view kExitCodes =
    "\nExit codes: 0 done or nothing to do, 1 failed, 3 drift, 64 usage, 65 policy invalid,\n"
    "70 internal error, 77 refused.\n";

}  // namespace

std::string HelpText(const Tool& tool, std::string_view name) {
  for (const Verb& verb : tool.verbs) {
    if (verb.name != name) continue;
    return fmt::format("Usage: {}\n\n{}\n{}{}{}", Usage(tool, verb), verb.summary,
                       OptionTable(tool, verb.options), kExitCodes,
                       verb.exit_codes.empty() ? "" : verb.exit_codes + "\n");
  }
  std::string text =
      fmt::format("Usage: {} VERB [OPTION]...\n\n{}\n\nVerbs:\n", tool.name, tool.summary);
  for (const Verb& verb : tool.verbs) text += Row(verb.name, verb.summary);
  text += OptionTable(tool, {});
  text += fmt::format("\n`{} VERB --help` tells about one verb; so does the man page {}-VERB(8).\n",
                      tool.name, tool.name);
  return text + std::string(kExitCodes);
}

}  // namespace bf::cli
