// SPDX-License-Identifier: Apache-2.0
// What a filter costs for each call: none, the profile as libseccomp compiles it by default, and as
// we ship it. libseccomp's is measured twice, as if it were two: what these differ by is what
// cannot be told apart. Rounds are short and many, and each begins with another one.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "lockdown/sandbox/filter/linux_compile.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::size_t kRounds = 41;
constexpr int kCalls = 50'000;
enum Call { kGetppid, kRead, kIoctl, kHowMany };
constexpr const char* kNames[] = {"getppid", "read", "ioctl"};

void Load(const Program& program) {
  std::vector<sock_filter> raw(program.size());
  std::memcpy(raw.data(), program.data(), raw.size() * sizeof(sock_filter));
  const sock_fprog prog{static_cast<unsigned short>(raw.size()), raw.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) != 0)
    ::_exit(1);
}

double Time(Call call, int fd) {
  int waiting = 0;
  char byte = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kCalls; ++i) {
    if (call == kGetppid) ::syscall(SYS_getppid);
    if (call == kRead) (void)!::read(fd, &byte, 1);
    if (call == kIoctl) ::ioctl(fd, FIONREAD, &waiting);
  }
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start)
             .count() /
         kCalls;
}

// In a child, because a filter stays.
void Round(const Program* program, double* times) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open("/dev/null", O_RDONLY);
    if (program != nullptr) Load(*program);
    for (int call = 0; call < kHowMany; ++call) times[call] = Time(static_cast<Call>(call), fd);
    ::_exit(0);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) std::exit(1);
}

// The least and the median of the rounds of one kind and one call.
std::string Figures(const double* times, std::size_t step) {
  std::vector<double> sorted;
  for (std::size_t round = 0; round < kRounds; ++round) sorted.push_back(times[round * step]);
  std::sort(sorted.begin(), sorted.end());
  return fmt::format("[{:.2f}, {:.2f}]", sorted.front(), sorted[kRounds / 2]);
}

int Measure(const char* policies) {
  const auto profile = LoadProfile(policies, "kiosk");
  if (!profile) return 1;
  const auto compiled = CompileProfile(*profile, NativeArch());
  if (!compiled) return 1;
  const auto linear = Build(compiled->profile, NativeArch(), Shape::kLinear);
  if (!linear) return 1;
  const std::pair<const char*, const Program*> kinds[] = {{"none", nullptr},
                                                          {"libseccomp", &*linear},
                                                          {"ours", &compiled->program},
                                                          {"libseccomp again", &*linear}};
  constexpr std::size_t kKinds = std::size(kinds);
  constexpr std::size_t kStep = kKinds * kHowMany;
  void* memory = ::mmap(nullptr, kRounds * kStep * sizeof(double), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  auto* times = static_cast<double*>(memory);
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kKinds; ++i) {
      const std::size_t kind = (round + i) % kKinds;
      Round(kinds[kind].second, times + round * kStep + kind * kHowMany);
    }
  }
  std::string text = fmt::format(R"({{"instructions": {{"libseccomp": {}, "ours": {}}})",
                                 linear->size(), compiled->program.size());
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    text += fmt::format(", \"{}\": {{", kinds[kind].first);
    for (std::size_t call = 0; call < kHowMany; ++call)
      text += fmt::format("{}\"{}\": {}", call == 0 ? "" : ", ", kNames[call],
                          Figures(times + kind * kHowMany + call, kStep));
    text += "}";
  }
  std::puts((text + "}").c_str());
  return 0;
}

}  // namespace
}  // namespace bf::lockdown::sandbox

int main(int argc, char** argv) { return argc == 2 ? bf::lockdown::sandbox::Measure(argv[1]) : 64; }
