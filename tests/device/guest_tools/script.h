// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/report.h"

namespace bf::test_input {

// Carries out commands, one a line, in order, as they are written to the control file. Each device
// kind adds its own; here are
//   repeat COUNT MICROSECONDS COMMAND; COMMAND; …   cycles through the commands, one each interval
//   stop                                            ends that at once
//   say TEXT                                        reports TEXT: what came before is done
//   end
class Script {
 public:
  using Words = std::vector<std::string>;
  using Command = std::function<void(const Words&)>;

  Script(Loop& loop, Report report, std::map<std::string, Command> commands);

  // Reads more commands from a file or FIFO; its end is the end of the device.
  void follow(const std::string& control);
  void add(const std::string& line);

 private:
  void read_control();
  void carry_on();
  void carry_out(const std::string& line);
  void start_repeating(const std::string& line);
  void repeat_once();
  void schedule(long microseconds);

  Loop& loop_;
  Report report_;
  std::map<std::string, Command> commands_;
  std::deque<std::string> lines_;
  std::string rest_;
  int control_ = -1;
  int timer_;
  std::vector<std::string> cycle_;
  std::uint64_t left_ = 0;
  std::size_t next_ = 0;
};

// A list of descriptions, or the end of the program with the reason.
Json read_descriptions(const std::string& path);

// Text of a description's member; NAME_hex gives bytes that JSON cannot.
std::string bytes_of(const Json& description, const std::string& name);

}  // namespace bf::test_input
