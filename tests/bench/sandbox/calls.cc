// SPDX-License-Identifier: Apache-2.0
// What the bench of the booted device runs inside it. Linked statically: nothing is installed
// there.
//   bench_calls calls             nanoseconds of getppid, read and ioctl: the least of some rounds
//   bench_calls starts N CMD...   the least milliseconds from the start of CMD to its end, of N
#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kRounds = 25;
constexpr int kCalls = 4'000;

template <typename Work>
double Least(int rounds, Work work) {
  double least = 1e18;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    least = std::min(least, took.count());
  }
  return least;
}

template <typename Call>
double Calls(Call call) {
  return Least(kRounds,
               [&] {
                 for (int i = 0; i < kCalls; ++i) call();
               }) /
         kCalls;
}

int MeasureCalls() {
  const int fd = ::open("/dev/null", O_RDONLY);
  int waiting = 0;
  char byte = 0;
  const double getppid = Calls([] { ::syscall(SYS_getppid); });
  const double read = Calls([&] { (void)!::read(fd, &byte, 1); });
  const double ioctl = Calls([&] { ::ioctl(fd, FIONREAD, &waiting); });
  std::printf("{\"getppid\": %.1f, \"read\": %.1f, \"ioctl\": %.1f}\n", getppid, read, ioctl);
  return 0;
}

int MeasureStarts(int rounds, char** command) {
  bool failed = false;
  const double least = Least(rounds, [&] {
    pid_t child = 0;
    int status = 0;
    failed = failed ||
             ::posix_spawnp(&child, command[0], nullptr, nullptr, command, environ) != 0 ||
             ::waitpid(child, &status, 0) != child || status != 0;
  });
  std::printf("%.3f\n", least / 1e6);
  return failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "calls") == 0) return MeasureCalls();
  if (argc > 3 && std::strcmp(argv[1], "starts") == 0)
    return MeasureStarts(std::atoi(argv[2]), argv + 3);
  return 64;
}
