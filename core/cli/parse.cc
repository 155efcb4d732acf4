// SPDX-License-Identifier: Apache-2.0
// The only file that sees CLI11: its exceptions and its types end here.
#include "core/cli/parse.h"

#include <CLI/CLI.hpp>

#include "core/policy/reader.h"

namespace bf::cli {
namespace {

// Storage that CLI11 writes into while it parses; must outlive the App.
struct Slots {
  std::map<std::string, std::string> values;
  std::map<std::string, bool> flags;
  std::map<std::string, std::vector<std::string>> positionals;
};

void AddOptions(CLI::App& app, const std::vector<Option>& options, Slots& slots) {
  for (const Option& option : options) {
    if (option.value_name.empty()) {
      app.add_flag(option.name, slots.flags[option.name]);
    } else {
      app.add_option(option.name, slots.values[option.name])->required(option.required);
    }
  }
}

struct Positional {
  std::string name;
  bool optional = false;
  bool rest = false;
};

Positional Decode(std::string text) {
  Positional positional;
  if (text.starts_with('[')) {
    positional.optional = true;
    text = text.substr(1, text.size() - 2);
  }
  if (text.ends_with("...")) {
    positional.rest = true;
    text.resize(text.size() - 3);
  }
  positional.name = std::move(text);
  return positional;
}

void AddPositionals(CLI::App& app, const Verb& verb, Slots& slots) {
  for (const std::string& text : verb.positionals) {
    const Positional positional = Decode(text);
    CLI::Option* option = app.add_option(positional.name, slots.positionals[positional.name]);
    option->required(!positional.optional);
    if (!positional.rest) option->expected(1)->allow_extra_args(false);
  }
}

void Collect(const CLI::App& app, const std::vector<Option>& options, const Slots& slots,
             Invocation& invocation) {
  for (const Option& option : options) {
    if (app.count(option.name) == 0) continue;
    const bool flag = option.value_name.empty();
    invocation.values[option.name] = flag ? std::string() : slots.values.at(option.name);
  }
}

// The first word that is neither an option nor the value of a common one. CLI11 would complain
// about whatever it met first, and not about the word that is wrong.
Status CheckVerb(const Tool& tool, const std::vector<std::string>& args) {
  std::vector<std::string_view> names;
  for (const Verb& verb : tool.verbs) names.push_back(verb.name);
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    if (word.starts_with('-')) {
      for (const Option& option : OptionsOf(tool)) {
        if (option.name == word && !option.value_name.empty()) ++i;
      }
      continue;
    }
    if (std::find(names.begin(), names.end(), word) != names.end()) return {};
    const std::string_view closest = policy::ClosestMatch(word, names);
    if (!closest.empty()) {
      return FailKind(ErrorKind::kUsage, "unknown verb \"{}\" (did you mean \"{}\"?)", word,
                      closest);
    }
    return FailKind(ErrorKind::kUsage, "unknown verb \"{}\" (there are: {})", word,
                    fmt::join(names, ", "));
  }
  return {};
}

}  // namespace

const std::vector<Option>& CommonOptions() {
  static const std::vector<Option> options = {
      {"--policy", "DIR", "Read the policies from DIR (default /usr/share/betterframe/policies)."},
      {"--root", "DIR", "Take DIR for the root of the file system (default /)."},
      {"--dry-run", "", "Say what would be done and do nothing."},
      {"--json", "", "Print the result as JSON."},
  };
  return options;
}

std::vector<Option> OptionsOf(const Tool& tool) {
  std::vector<Option> options = tool.options;
  options.insert(options.end(), CommonOptions().begin(), CommonOptions().end());
  return options;
}

Result<const Verb*> ParseArguments(const Tool& tool, const std::vector<std::string>& args,
                                   Invocation& invocation) {
  CLI::App app;
  app.set_help_flag();
  app.fallthrough();
  Slots slots;
  const std::vector<Option> shared = OptionsOf(tool);
  AddOptions(app, shared, slots);
  std::map<const Verb*, CLI::App*> verbs;
  for (const Verb& verb : tool.verbs) {
    CLI::App* sub = &app;
    if (!verb.name.empty()) {
      sub = app.add_subcommand(verb.name);
      sub->set_help_flag();
      sub->fallthrough();
    }
    AddOptions(*sub, verb.options, slots);
    AddPositionals(*sub, verb, slots);
    verbs[&verb] = sub;
  }
  const bool has_verbs = !tool.verbs.empty() && !tool.verbs.front().name.empty();
  if (has_verbs) {
    BF_TRY(CheckVerb(tool, args));
    app.require_subcommand(1);
  }

  // CLI11 wants the words in reverse.
  std::vector<std::string> reversed(args.rbegin(), args.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return FailKind(ErrorKind::kUsage, "{}", error.what());
  }

  Collect(app, shared, slots, invocation);
  for (const Verb& verb : tool.verbs) {
    const CLI::App& sub = *verbs[&verb];
    if (&sub != &app && !sub.parsed()) continue;
    Collect(sub, verb.options, slots, invocation);
    for (const std::string& text : verb.positionals) {
      const auto& words = slots.positionals[Decode(text).name];
      invocation.positionals.insert(invocation.positionals.end(), words.begin(), words.end());
    }
    return &verb;
  }
  return FailKind(ErrorKind::kInternal, "a command line without a verb was accepted");
}

}  // namespace bf::cli
