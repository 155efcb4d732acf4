// SPDX-License-Identifier: Apache-2.0
// What is known while the rules are gone through: the device as changed so far, and the answers.
#pragma once

#include "udev-rules/rules/evaluate.h"

namespace bf::udev_rules {

class State {
 public:
  explicit State(const Event& event);

  // Index 0 is the device itself, with its changes.
  const Device& At(std::size_t index) const { return index == 0 ? device : event.chain[index]; }
  // As sd-device does, a value that was read once stays what it was during the event.
  std::optional<std::string> Attribute(std::size_t index, const std::string& name);
  void WriteAttribute(const std::string& name, const std::string& value);
  std::string Property(const std::string& name) const;
  void SetProperty(const std::string& name, const std::string& value);
  std::string Formatted(std::string_view text);

  // Notes a question that the record does not answer.
  void Unanswered(const Token& token, const std::string& question);

  const Event& event;
  Device device;
  Outcome outcome;
  std::size_t parent = 0;  // which device of the chain KERNELS, ATTRS, … matched
  std::string result;      // of the last PROGRAM
  std::string name;        // NAME, so far
  bool escape = false;     // OPTIONS="string_escape=replace" in this line

 private:
  std::string Substitute(int substitution, std::string_view argument);
  std::string ResultPart(std::string_view argument) const;

  std::map<std::pair<std::size_t, std::string>, std::optional<std::string>> read_;
};

// True if the line goes on after this match.
bool MatchToken(State& state, const Token& token, std::size_t index);
void ApplyToken(State& state, const Token& token);

}  // namespace bf::udev_rules
