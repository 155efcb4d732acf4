// SPDX-License-Identifier: Apache-2.0
// The command line every tool shares. A tool is a table of verbs and options; the same table
// feeds the parser, --help and the check that the man page names each of them.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cli/exit_code.h"
#include "core/error/error.h"

namespace bf::cli {

// syslog levels, as the <N> prefix of a line under systemd (sd-daemon(3)).
enum class Level { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6 };

struct Streams {
  std::ostream& out;             // the result, and nothing else
  std::ostream& err;             // diagnostics and progress
  bool err_is_terminal = false;  // colour and progress bars only then
  bool under_systemd = false;    // lines on err carry a <N> priority prefix
  bool out_is_terminal = false;  // a result may have colours only then
};
// std::cout and std::cerr, with the flags read from the environment.
Streams StandardStreams();

struct Option {
  std::string name;        // "--size"
  std::string value_name;  // "BYTES"; empty for a flag
  std::string help;        // one sentence
  bool required = false;
};

struct Invocation;
using Handler = std::function<Status(Invocation&)>;

struct Verb {
  std::string name;     // "image"; empty for a tool without verbs
  std::string summary;  // one line for --help
  std::vector<Option> options;
  std::vector<std::string> positionals;  // names; a "..." suffix takes the rest, "[X]" is optional
  Handler run;
  std::string exit_codes = {};  // besides those of every verb, for --help
};

struct Tool {
  std::string name;     // "bf-overlay"
  std::string summary;  // one line
  std::vector<Verb> verbs;
  std::vector<Option> options = {};  // of every verb, and allowed in front of it
};

// What a handler gets.
struct Invocation {
  std::string tool;
  std::string verb;
  std::string policy_dir;  // --policy, default /usr/share/betterframe/policies
  std::string root;        // --root, default "/"; never ends in a slash otherwise
  bool dry_run = false;
  bool json = false;
  std::map<std::string, std::string> values;  // options given: {"--size", "1GiB"}; flags map to ""
  std::vector<std::string> positionals;
  Streams& streams;
  int exit_code = kExitDone;  // a handler that succeeded may still ask for another code (drift)

  bool Has(const std::string& option) const { return values.count(option) != 0; }
  std::string Get(const std::string& option, std::string fallback = {}) const;

  std::ostream& out() { return streams.out; }
  // One line on stderr: "bf-overlay: message", with the priority prefix under systemd.
  void Say(Level level, std::string_view message);
};

// Parses `args` (without argv[0]), runs the verb, prints its error, and returns the exit code.
// --help, --help VERB and --version are answered here. Exceptions end as exit code 70.
int RunTool(const Tool& tool, const std::vector<std::string>& args, Streams streams);

// The --help text of the tool, or of one verb.
std::string HelpText(const Tool& tool, std::string_view verb = {});

}  // namespace bf::cli
