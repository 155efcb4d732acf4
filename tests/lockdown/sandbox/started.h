// SPDX-License-Identifier: Apache-2.0
// A program that a test talks to while it runs: what it says, and how it ends.
#pragma once

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace bf::test {

class Started {
 public:
  // With a terminal of its own, or with a pipe for its output and another for its errors.
  Started(std::vector<std::string> argv, bool terminal) {
    int out[2] = {-1, -1};
    int err[2] = {-1, -1};
    if (!terminal && (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)) std::abort();
    pid_ = terminal ? ::forkpty(&out_, nullptr, nullptr, nullptr) : ::fork();
    if (pid_ == 0) {
      if (!terminal && (::dup2(out[1], 1) < 0 || ::dup2(err[1], 2) < 0)) ::_exit(99);
      std::vector<char*> words;
      for (std::string& one : argv) words.push_back(one.data());
      words.push_back(nullptr);
      ::execv(words.front(), words.data());
      ::_exit(99);
    }
    if (terminal) return;
    out_ = out[0];
    err_ = err[0];
    ::close(out[1]);
    ::close(err[1]);
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  ~Started() {
    if (!ended_) {
      ::kill(pid_, SIGKILL);
      (void)Wait();
    }
    ::close(out_);
    if (err_ >= 0) ::close(err_);
  }

  pid_t pid() const { return pid_; }
  void Send(int signal) const { ::kill(pid_, signal); }
  void Type(const std::string& text) const {
    if (::write(out_, text.data(), text.size()) < 0) std::abort();
  }

  // What it has said once `text` is in it, or all of it when it has closed its output.
  const std::string& Until(const std::string& text) {
    while (output_.find(text) == std::string::npos && More(out_, output_)) {
    }
    return output_;
  }
  const std::string& Output() {
    while (More(out_, output_)) {
    }
    return output_;
  }
  const std::string& Errors() {
    while (More(err_, errors_)) {
    }
    return errors_;
  }

  // As waitpid(2) has it.
  int Wait() {
    if (!ended_) ::wait4(pid_, &status_, 0, &usage_);
    ended_ = true;
    return status_;
  }
  long peak_kib() const { return usage_.ru_maxrss; }

 private:
  static bool More(int fd, std::string& text) {
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return false;  // EIO: nobody has the terminal any more
    text.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  bool ended_ = false;
  int status_ = 0;
  rusage usage_{};
  std::string output_;
  std::string errors_;
};

}  // namespace bf::test
