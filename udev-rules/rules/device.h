// SPDX-License-Identifier: Apache-2.0
// A recorded device as rules see it: itself, the devices above it, and the answers to everything
// that rules ask of the machine.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace bf::udev_rules {

struct Device {
  std::string devpath;  // "/devices/pci0000:00/…/input3/event3"
  std::string kernel;   // "event3"
  std::string subsystem;
  std::string driver;
  std::string node;  // "/dev/input/event3", or "" without one
  std::map<std::string, std::string> attributes;
  std::map<std::string, std::string> properties;
  std::set<std::string> tags;
};

struct ProgramAnswer {
  int exit_code = 0;
  std::string output;
};

// An empty optional is a failure, a missing entry something the record does not know.
using Properties = std::map<std::string, std::string>;
struct Answers {
  std::map<std::string, ProgramAnswer> programs;              // by the whole command
  std::map<std::string, std::optional<Properties>> builtins;  // by the whole command
  std::map<std::string, Properties> files;                    // of IMPORT{file}
  std::map<std::string, unsigned> paths;  // that TEST finds, absolute, with their modes
  Properties database;                    // of IMPORT{db}
  Properties command_line;                // of IMPORT{cmdline}
  Properties constants;                   // CONST{arch}, CONST{virt}
  Properties sysctl;
  Properties other_attributes;  // "[dmi/id]modalias"
};

struct Event {
  std::string action = "add";
  std::vector<Device> chain;  // the device first, then what is above it
  Answers answers;

  const Device& device() const { return chain.front(); }
};

}  // namespace bf::udev_rules
