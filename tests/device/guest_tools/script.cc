// SPDX-License-Identifier: Apache-2.0
#include "tests/device/guest_tools/script.h"

#include <fcntl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace bf::test_input {
namespace {

Script::Words split(const std::string& line) {
  std::istringstream in(line);
  Script::Words words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

}  // namespace

Script::Script(Loop& loop, Report report, std::map<std::string, Command> commands)
    : loop_(loop),
      report_(std::move(report)),
      commands_(std::move(commands)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (timer_ < 0) die("timerfd_create");
  loop_.add(timer_, [this] { repeat_once(); });
  commands_["say"] = [this](const Words& words) {
    report_({{"event", "said"}, {"text", words.at(1)}, {"t", now_ms()}});
  };
  commands_["end"] = [this](const Words&) { loop_.stop(); };
}

void Script::follow(const std::string& control) {
  // A FIFO is opened for both ways, so that it has no end while we live.
  const bool standard_input = control == "/dev/stdin";
  control_ = standard_input ? STDIN_FILENO : open(control.c_str(), O_RDWR | O_CLOEXEC);
  if (control_ < 0) die(control);
  loop_.add(control_, [this] { read_control(); });
  report_({{"event", "ready"}, {"t", now_ms()}});
}

void Script::read_control() {
  std::array<char, 65536> buffer;
  const ssize_t size = read(control_, buffer.data(), buffer.size());
  if (size <= 0) return add("end"), loop_.remove(control_);
  rest_.append(buffer.data(), static_cast<std::size_t>(size));
  for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
    const std::string line = rest_.substr(0, end);
    rest_.erase(0, end + 1);
    add(line);
  }
}

void Script::add(const std::string& line) {
  if (line == "stop") {
    left_ = 0;
    return carry_on();
  }
  lines_.push_back(line);
  carry_on();
}

void Script::carry_on() {
  while (left_ == 0 && !lines_.empty()) {
    const std::string line = std::move(lines_.front());
    lines_.pop_front();
    carry_out(line);
  }
}

void Script::carry_out(const std::string& line) {
  const Words words = split(line);
  if (words.empty()) return;
  if (words[0] == "repeat") return start_repeating(line);
  const auto found = commands_.find(words[0]);
  if (found == commands_.end()) {
    report_({{"event", "bad-command"}, {"text", line}, {"t", now_ms()}});
    return;
  }
  found->second(words);
}

void Script::start_repeating(const std::string& line) {
  std::istringstream in(line);
  std::string word;
  long interval = 0;
  in >> word >> left_ >> interval;
  cycle_.clear();
  next_ = 0;
  for (std::string command; std::getline(in, command, ';');) cycle_.push_back(command);
  if (cycle_.empty() || interval <= 0) left_ = 0;
  if (left_ > 0) schedule(interval);
}

void Script::schedule(long microseconds) {
  itimerspec time{};
  time.it_interval = {microseconds / 1000000, microseconds % 1000000 * 1000};
  time.it_value = time.it_interval;
  timerfd_settime(timer_, 0, &time, nullptr);
}

void Script::repeat_once() {
  std::uint64_t passed = 0;
  if (read(timer_, &passed, sizeof passed) < 0) return;
  for (; passed > 0 && left_ > 0; --passed, --left_) {
    carry_out(cycle_[next_]);
    next_ = (next_ + 1) % cycle_.size();
  }
  if (left_ > 0) return;
  const itimerspec off{};
  timerfd_settime(timer_, 0, &off, nullptr);
  carry_on();
}

Json read_descriptions(const std::string& path) {
  std::ifstream file(path);
  Json descriptions = Json::parse(file, nullptr, false);
  if (!descriptions.is_array() || descriptions.empty() || !descriptions[0].is_object()) {
    std::fprintf(stderr, "bf-test-input: %s has no descriptions\n", path.c_str());
    std::exit(65);
  }
  return descriptions;
}

std::string bytes_of(const Json& description, const std::string& name) {
  if (description.contains(name + "_hex")) {
    return from_hex(description.value(name + "_hex", std::string()));
  }
  return description.value(name, std::string());
}

}  // namespace bf::test_input
