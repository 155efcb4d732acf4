// SPDX-License-Identifier: Apache-2.0
// A recording of umockdev-record(1), read as the sysfs that it was made of: devices that somebody
// recorded on another machine, with a tool that they know. Nothing in it is trusted.
#pragma once

#include <map>
#include <set>

#include "lockdown/apply/kernel.h"

namespace bf::lockdown {

class UmockdevSysfs : public Sysfs {
 public:
  // Blocks of lines, each a letter, ": " and what it says, as umockdev-record of umockdev 0.17
  // writes them: "P" is a path below /sys, "E" a property, "A" an attribute as text with the
  // escapes of C, "H" one in hexadecimal, "L" a symlink. Other letters do not matter here. `file`
  // is for messages.
  static Result<UmockdevSysfs> Parse(std::string_view text, const std::string& file);

  Result<std::string> Read(const std::string& directory, const std::string& attribute,
                           std::size_t limit) override;
  Result<std::vector<std::string>> List(const std::string& directory) override;
  Result<std::string> Link(const std::string& directory, const std::string& name) override;
  // Not recorded.
  Result<std::optional<Chords>> ReadChords() override { return std::nullopt; }
  void Forget() override {}

 private:
  using Entries = std::map<std::string, std::string>;

  struct Line;

  void AddDirectory(const std::string& path);
  Status Begin(const Line& line);
  Status Take(const Line& line);
  // Of a device: adds what other directories of sysfs have of it, its place in its class or on its
  // bus, and the attribute of its kernel properties.
  Status End(const std::string& file);

  std::map<std::string, std::set<std::string>> names_;  // in each directory
  std::map<std::string, Entries> attributes_;
  std::map<std::string, Entries> links_;
  // Of the device whose lines are being read.
  std::string path_;
  int begun_ = 0;  // its first line
  Entries properties_;
};

}  // namespace bf::lockdown
