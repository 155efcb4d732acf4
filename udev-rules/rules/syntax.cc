// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/syntax.h"

#include <algorithm>
#include <map>
#include <optional>

#include "core/policy/reader.h"
#include "udev-rules/rules/keys.h"
#include "udev-rules/rules/lines.h"
#include "udev-rules/rules/unescape.h"

namespace bf::udev_rules {
namespace {

// "KEY{braces}op"value"", one after the other.
class LineParser {
 public:
  LineParser(const JoinedLine& joined, policy::Diagnostics& diagnostics)
      : joined_(joined), text_(joined.text()), diagnostics_(diagnostics) {}

  // Nothing if udev ignores the line.
  std::optional<Line> Run() {
    Line line;
    line.at = joined_.At(0);
    bool has_goto = false;
    while (true) {
      while (at_ < text_.size() && (IsBlank(text_[at_]) || text_[at_] == ',')) ++at_;
      if (at_ == text_.size()) break;
      Token token;
      token.at = joined_.At(at_);
      const KeyRule* rule = ReadKey(token);
      if (rule == nullptr || !ReadOperator(token) || !ReadValue(token)) return std::nullopt;
      switch (Check(*rule, token)) {
        case Use::kLineIgnored:
          return std::nullopt;
        case Use::kKeyIgnored:
          continue;
        case Use::kTaken:
          break;
      }
      if (token.key == Key::kLabel) {
        line.label = token.value;
      } else if (token.key == Key::kGoto) {
        line.goto_label = token.value;
        has_goto = true;
      } else {
        line.tokens.push_back(std::move(token));
      }
    }
    std::stable_sort(line.tokens.begin(), line.tokens.end(),
                     [](const Token& a, const Token& b) { return a.key < b.key; });
    const bool writes = std::any_of(line.tokens.begin(), line.tokens.end(), HasEffect);
    if (!writes && !has_goto && line.label.empty()) {
      diagnostics_.Add(line.at, "the line has no effect; udev ignores it");
      return std::nullopt;
    }
    return line;
  }

 private:
  enum class Use { kTaken, kKeyIgnored, kLineIgnored };

  // Commands and imports count as effects although they are matches.
  static bool HasEffect(const Token& token) {
    return !IsMatch(token.key) || token.key == Key::kMatchProgram || token.key == Key::kMatchImport;
  }

  bool Wrong(std::size_t offset, std::string_view message) {
    diagnostics_.Add(joined_.At(std::min(offset, text_.size() - 1)), "{}; udev ignores the line",
                     message);
    return false;
  }

  const KeyRule* ReadKey(Token& token) {
    const std::size_t start = at_;
    while (at_ < text_.size() && !IsBlank(text_[at_]) &&
           std::string_view("={").find(text_[at_]) == std::string_view::npos &&
           !(std::string_view("+-!:").find(text_[at_]) != std::string_view::npos &&
             text_.substr(at_ + 1).starts_with('='))) {
      ++at_;
    }
    if (at_ == text_.size()) {
      Wrong(start, "a key without an operator");
      return nullptr;
    }
    token.name = text_.substr(start, at_ - start);
    const KeyRule* rule = FindKey(token.name);
    if (rule == nullptr) {
      const std::vector<std::string_view> names = KeyNames();
      const std::string_view closest = policy::ClosestMatch(token.name, names);
      Wrong(start, closest.empty() ? fmt::format("unknown key \"{}\"", token.name)
                                   : fmt::format("unknown key \"{}\" (did you mean \"{}\"?)",
                                                 token.name, closest));
      return nullptr;
    }
    if (text_[at_] != '{') return rule;
    const std::size_t close = text_.find('}', at_);
    if (close == std::string_view::npos) {
      Wrong(at_, "no \"}\" follows");
      return nullptr;
    }
    token.attribute = text_.substr(at_ + 1, close - at_ - 1);
    braces_ = true;
    at_ = close + 1;
    return rule;
  }

  bool ReadOperator(Token& token) {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
    operator_at_ = at_;
    constexpr std::pair<std::string_view, Op> kOps[] = {{"==", Op::kMatch}, {"!=", Op::kNoMatch},
                                                        {"+=", Op::kAdd},   {"-=", Op::kRemove},
                                                        {":=", Op::kFinal}, {"=", Op::kAssign}};
    for (const auto& [text, op] : kOps) {
      if (!text_.substr(at_).starts_with(text)) continue;
      token.op = op;
      at_ += text.size();
      return true;
    }
    return Wrong(at_, "an operator is expected here");
  }

  bool ReadValue(Token& token) {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
    const std::size_t start = at_;
    const bool escaped = text_.substr(at_).starts_with('e');
    if (escaped) ++at_;
    if (!text_.substr(at_).starts_with('"'))
      return Wrong(start, "a value in \"\" is expected here");
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      // Without e only \" is special.
      const bool skip = text_[at_] == '\\' && (escaped || text_.substr(at_ + 1).starts_with('"'));
      at_ += skip ? 2 : 1;
    }
    if (at_ >= text_.size()) return Wrong(start, "the value has no end");
    const std::string_view raw = text_.substr(begin, at_ - begin);
    ++at_;
    auto value = escaped ? UnescapeC(raw) : std::optional(UnescapeQuotes(raw));
    if (!value) return Wrong(start, "an escape in the value is not one of C's");
    token.value = *std::move(value);
    return true;
  }

  Use Check(const KeyRule& rule, Token& token) {
    const bool braces = std::exchange(braces_, false);
    if (rule.braces == Braces::kNone && braces) {
      Wrong(KeyEnd(token), fmt::format("{} takes nothing in braces", rule.name));
      return Use::kLineIgnored;
    }
    if (rule.braces == Braces::kNeeded && token.attribute.empty()) {
      Wrong(KeyEnd(token), fmt::format("{} needs something in braces", rule.name));
      return Use::kLineIgnored;
    }
    if (!TakeOperator(rule, token)) return Use::kLineIgnored;
    const auto problem = CheckToken(token);
    if (!problem) return Use::kTaken;
    if (problem->ends_line) {
      diagnostics_.Add(token.at, "{}; udev ignores the line", problem->message);
      return Use::kLineIgnored;
    }
    diagnostics_.Add(token.at, "{}", problem->message);
    return Use::kKeyIgnored;
  }

  std::size_t KeyEnd(const Token& token) const {
    // Back from the operator to the brace, or to the end of the name.
    const std::size_t brace = text_.rfind('{', operator_at_);
    return token.attribute.empty() && !text_.substr(0, operator_at_).ends_with('}') ? operator_at_
                                                                                    : brace;
  }

  bool TakeOperator(const KeyRule& rule, Token& token) {
    const bool match = token.op == Op::kMatch || token.op == Op::kNoMatch;
    if (match || !rule.assign) {
      if (match && rule.match) {
        token.key = *rule.match;
        return true;
      }
      return Wrong(operator_at_,
                   fmt::format("{} does not take \"{}\"", rule.name, ToString(token.op)));
    }
    token.key = *rule.assign;
    if (IsMatch(token.key) && token.op != Op::kRemove) {
      token.op = Op::kMatch;  // PROGRAM="…" and IMPORT{…}="…"
      return true;
    }
    const bool refused =
        (token.op == Op::kRemove && !rule.remove) ||
        (token.op != Op::kAssign && (token.key == Key::kGoto || token.key == Key::kLabel));
    if (refused) {
      return Wrong(operator_at_,
                   fmt::format("{} does not take \"{}\"", rule.name, ToString(token.op)));
    }
    if ((token.op == Op::kAdd && !rule.add) || (token.op == Op::kFinal && !rule.final)) {
      diagnostics_.Add(joined_.At(operator_at_), "{} does not take \"{}\"; udev takes it for \"=\"",
                       rule.name, ToString(token.op));
      token.op = Op::kAssign;
    }
    return true;
  }

  const JoinedLine& joined_;
  std::string_view text_;
  policy::Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  std::size_t operator_at_ = 0;
  bool braces_ = false;
};

void ResolveGotos(RuleFile& file, policy::Diagnostics& diagnostics) {
  // From the end, so that the nearest label below is the one in the map.
  std::map<std::string_view, std::size_t> labels;
  for (std::size_t i = file.lines.size(); i-- > 0;) {
    Line& line = file.lines[i];
    if (!line.goto_label.empty()) {
      const auto found = labels.find(line.goto_label);
      if (found != labels.end()) {
        line.goto_line = found->second;
      } else {
        diagnostics.Add(line.at, "no LABEL=\"{}\" follows; udev ignores the GOTO", line.goto_label);
      }
    }
    if (!line.label.empty()) labels[line.label] = i;
  }
}

}  // namespace

std::string_view ToString(Op op) {
  constexpr std::string_view kText[] = {"==", "!=", "=", "+=", "-=", ":="};
  return kText[static_cast<std::size_t>(op)];
}

std::string Token::Shown() const {
  return attribute.empty() ? name : fmt::format("{}{{{}}}", name, attribute);
}

RuleFile ParseRules(std::string_view text, const std::string& path,
                    policy::Diagnostics& diagnostics) {
  RuleFile file;
  file.path = path;
  for (const JoinedLine& joined : JoinLines(text, path, diagnostics)) {
    if (auto line = LineParser(joined, diagnostics).Run()) file.lines.push_back(*std::move(line));
  }
  ResolveGotos(file, diagnostics);
  return file;
}

std::vector<std::string_view> Alternatives(std::string_view value) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = value.find('|');
    parts.push_back(value.substr(0, end));
    if (end == std::string_view::npos) return parts;
    value.remove_prefix(end + 1);
  }
}

}  // namespace bf::udev_rules
