// SPDX-License-Identifier: Apache-2.0
#include "core/cli/tool.h"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>

#include "core/cli/parse.h"

namespace bf::cli {
namespace {

bool Names(const Tool& tool, std::string_view word) {
  return std::any_of(tool.verbs.begin(), tool.verbs.end(),
                     [&](const Verb& verb) { return verb.name == word; });
}

// --help and --version count wherever they stand before "--", even where the rest is wrong: who
// asks for help often has the rest wrong.
bool AnswerHelp(const Tool& tool, const std::vector<std::string>& args, std::ostream& out) {
  std::string verb;
  bool help = false;
  for (const std::string& arg : args) {
    if (arg == "--") break;
    if (arg == "--version") {
      out << tool.name << " " << BF_VERSION << "\n";
      return true;
    }
    if (arg == "--help" || arg == "-h") help = true;
    if (verb.empty() && Names(tool, arg)) verb = arg;
  }
  if (help) out << HelpText(tool, verb);
  return help;
}

std::string WithoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// Messages quote names that anybody may have given: none of them steers a terminal. What is not
// ASCII goes through, except C1 controls in UTF-8 and bytes that a terminal could take for them.
std::string WithoutControls(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xc2 && i + 1 < text.size() &&
                    (static_cast<unsigned char>(text[i + 1]) & 0xe0U) == 0x80;
    const bool lone = (byte & 0xe0U) == 0x80 && (i == 0 || (text[i - 1] & '\x80') == 0);
    if (c1) {
      shown += fmt::format("\\{:03o}\\{:03o}", byte, static_cast<unsigned char>(text[++i]));
    } else if (byte < 0x20 || byte == 0x7f || lone) {
      shown += fmt::format("\\{:03o}", byte);
    } else {
      shown += text[i];
    }
  }
  return shown;
}

// One diagnostic of a policy a line. Every other message is one line, whatever it quotes: a name
// with a newline in it must not pass for a message of its own.
std::vector<std::string> Lines(const Error& error) {
  std::vector<std::string> lines;
  if (error.kind == ErrorKind::kPolicy) {
    std::istringstream stream(error.ToString());
    for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
  } else {
    lines.push_back(error.ToString());
  }
  lines.insert(lines.end(), error.also.begin(), error.also.end());
  return lines;
}

int Report(Invocation& invocation, const Error& error) {
  for (const std::string& line : Lines(error)) invocation.Say(Level::kError, line);
  if (error.kind == ErrorKind::kUsage) {
    invocation.Say(Level::kError,
                   fmt::format("`{} --help` tells what can be asked", invocation.tool));
  }
  return ExitCode(error.kind);
}

int Dispatch(const Tool& tool, const std::vector<std::string>& args, Invocation& invocation) {
  if (AnswerHelp(tool, args, invocation.streams.out)) return kExitDone;
  const auto verb = ParseArguments(tool, args, invocation);
  if (!verb) return Report(invocation, verb.error());
  invocation.verb = (*verb)->name;
  invocation.policy_dir = invocation.Get("--policy", kDefaultPolicyDir);
  invocation.root = WithoutTrailingSlashes(invocation.Get("--root", "/"));
  invocation.dry_run = invocation.Has("--dry-run");
  invocation.json = invocation.Has("--json");
  if (auto done = (*verb)->run(invocation); !done) return Report(invocation, done.error());
  return invocation.exit_code;
}

}  // namespace

Streams StandardStreams() {
  // systemd sets JOURNAL_STREAM for services whose output goes to the journal (systemd.exec(5)).
  return Streams{std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1,
                 std::getenv("JOURNAL_STREAM") != nullptr && ::isatty(STDERR_FILENO) != 1,
                 ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr};
}

std::string Invocation::Get(const std::string& option, std::string fallback) const {
  const auto found = values.find(option);
  if (found == values.end()) return fallback;
  return found->second;
}

void Invocation::Say(Level level, std::string_view message) {
  if (streams.under_systemd) streams.err << "<" << static_cast<int>(level) << ">";
  streams.err << tool << ": " << WithoutControls(message) << "\n";
}

int RunTool(const Tool& tool, const std::vector<std::string>& args, Streams streams) {
  Invocation invocation{tool.name, {}, {}, "/", false, false, {}, {}, streams};
  try {
    const int code = Dispatch(tool, args, invocation);
    streams.out.flush();
    // A result that could not be written (full disk, closed pipe) is not a result.
    if (code == kExitDone && !streams.out) {
      invocation.Say(Level::kError, "the output could not be written");
      return kExitFailed;
    }
    return code;
  } catch (const std::exception& error) {
    invocation.Say(Level::kError, fmt::format("internal error: {}", error.what()));
    return kExitInternal;
  }
}

}  // namespace bf::cli
