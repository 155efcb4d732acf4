// SPDX-License-Identifier: Apache-2.0
// What a compromised program would try, and what an ordinary one needs; each system call is really
// made. It says how that ended, or is dead.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

extern char** environ;

namespace {

constexpr long kX32Bit = 0x40000000;
char byte = 'x';

void* Page(int protection) {
  return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

long Mapped(int protection) { return Page(protection) == MAP_FAILED ? -1 : 0; }

long Become(unsigned cap_bits) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{cap_bits, cap_bits, 0}, {0, 0, 0}};
  return ::syscall(SYS_capset, &header, data);
}

// A read that looks innocent to a filter of system calls.
long Ring() {
  io_uring_params params{};
  return ::syscall(SYS_io_uring_setup, 8, &params);
}

long Clone3() {
  // As the kernel has it; too short a structure fails with EINVAL where the call is let through.
  char arguments[8] = {};
  return ::syscall(SYS_clone3, arguments, sizeof arguments);
}

long FromMemory() {
  const long fd = ::syscall(SYS_memfd_create, "code", 0);
  if (fd < 0) return -1;
  if (::write(static_cast<int>(fd), "#!/bin/true\n", 12) != 12) return -1;
  char* argv[] = {nullptr};
  return ::syscall(SYS_execveat, fd, "", argv, argv, AT_EMPTY_PATH);
}

long WriteInto(pid_t other) {
  iovec local{&byte, 1};
  iovec remote{&byte, 1};
  return ::process_vm_writev(other, &local, 1, &remote, 1, 0);
}

#ifdef __x86_64__
// The table of i386: number 20 is getpid, 54 is ioctl.
long Int80(long number, long a, long b, long c) {
  long result = number;
  asm volatile("int $0x80"
               : "+a"(result)
               : "b"(a), "c"(b), "d"(c)
               : "memory", "r8", "r9", "r10", "r11");
  if (result < 0) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}
#endif

using Attack = long (*)();
const std::map<std::string_view, Attack>& Attacks() {
  static const std::map<std::string_view, Attack> attacks = {
      {"TIOCSTI", [] { return ::syscall(SYS_ioctl, 0, 0x5412, &byte); }},
      {"TIOCSTI|1<<32", [] { return ::syscall(SYS_ioctl, 0, 0x5412 | 1L << 32, &byte); }},
      {"TIOCSTI|1<<63", [] { return ::syscall(SYS_ioctl, 0, 0x5412 | 1L << 63, &byte); }},
      {"TIOCLINUX",
       [] {
         char paste = 3;
         return ::syscall(SYS_ioctl, 0, 0x541c, &paste);
       }},
      {"TIOCLINUX|1<<32",
       [] {
         char paste = 3;
         return ::syscall(SYS_ioctl, 0, 0x541c | 1L << 32, &paste);
       }},
      {"EVIOCSKEYCODE", [] { return ::syscall(SYS_ioctl, 0, 0x40084504, &byte); }},
      {"EVIOCGRAB", [] { return ::syscall(SYS_ioctl, 0, 0x40044590, 1); }},
      {"UI_DEV_CREATE", [] { return ::syscall(SYS_ioctl, 0, 0x5501, 0); }},
      {"VT_ACTIVATE", [] { return ::syscall(SYS_ioctl, 0, 0x5606, 2); }},
      {"KDSKBENT", [] { return ::syscall(SYS_ioctl, 0, 0x4b47, &byte); }},
      {"io_uring_setup", Ring},
      {"io_uring_enter", [] { return ::syscall(SYS_io_uring_enter, 5, 1, 0, 0, nullptr, 0); }},
      {"openat2", [] { return ::syscall(SYS_openat2, AT_FDCWD, "/", &byte, 0UL); }},
      {"clone3", Clone3},
      {"ptrace", [] { return ::syscall(SYS_ptrace, PTRACE_ATTACH, ::getppid(), 0, 0); }},
      {"process_vm_writev", [] { return WriteInto(::getppid()); }},
      {"pidfd_getfd", [] { return ::syscall(SYS_pidfd_getfd, 0, 0, 0); }},
      {"mmap W+X", [] { return Mapped(PROT_READ | PROT_WRITE | PROT_EXEC); }},
      {"mprotect W to X",
       [] { return 0L + ::mprotect(Page(PROT_READ | PROT_WRITE), 4096, PROT_READ | PROT_EXEC); }},
      {"pkey_mprotect W to X",
       [] {
         return ::syscall(SYS_pkey_mprotect, Page(PROT_READ | PROT_WRITE), 4096UL,
                          PROT_READ | PROT_EXEC, -1);
       }},
      {"memfd fexecve", FromMemory},
      {"personality", [] { return 0L + ::personality(READ_IMPLIES_EXEC); }},
      {"capset", [] { return Become(1U << CAP_KILL); }},
      {"PR_CAP_AMBIENT_RAISE",
       [] { return 0L + ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0); }},
      {"PR_SET_SECUREBITS", [] { return 0L + ::prctl(PR_SET_SECUREBITS, 0); }},
      {"unshare user", [] { return 0L + ::unshare(CLONE_NEWUSER); }},
      {"setns", [] { return 0L + ::setns(::open("/proc/self/ns/uts", O_RDONLY), 0); }},
      {"clone user",
       [] {
         const long child = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, 0, 0, 0);
         if (child == 0) ::_exit(0);
         return child;
       }},
      {"mount", [] { return ::syscall(SYS_mount, "none", "/", "tmpfs", 0UL, nullptr); }},
      {"bpf", [] { return ::syscall(SYS_bpf, 0, nullptr, 0); }},
      {"kexec_load", [] { return ::syscall(SYS_kexec_load, 0UL, 0UL, nullptr, 0UL); }},
      {"keyctl", [] { return ::syscall(SYS_keyctl, 0, -3, 0); }},
      {"userfaultfd", [] { return ::syscall(SYS_userfaultfd, 0); }},
      {"socket AF_PACKET", [] { return 0L + ::socket(AF_PACKET, SOCK_RAW, 0); }},
      {"socket AF_VSOCK", [] { return 0L + ::socket(AF_VSOCK, SOCK_STREAM, 0); }},
      {"number -1", [] { return ::syscall(-1); }},
      {"getpid", [] { return ::syscall(SYS_getpid); }},
#ifdef __x86_64__
      {"x32 getpid", [] { return ::syscall(kX32Bit | SYS_getpid); }},
      {"x32 ioctl TIOCSTI", [] { return ::syscall(kX32Bit | 514, 0, 0x5412, &byte); }},
      {"i386 getpid", [] { return Int80(20, 0, 0, 0); }},
      {"i386 ioctl TIOCSTI", [] { return Int80(54, 0, 0x5412, 0); }},
#endif
  };
  return attacks;
}

int Try(std::string_view name) {
  const auto found = Attacks().find(name);
  if (found == Attacks().end()) return 64;
  errno = 0;
  const long result = found->second();
  const char* how = result != -1 ? "done" : ::strerrorname_np(errno);
  std::puts(how == nullptr ? "?" : how);
  return 0;
}

// Each attack in a child of its own: how each of them ended.
int Each() {
  for (const auto& [name, attack] : Attacks()) {
    std::printf("%.*s: ", static_cast<int>(name.size()), name.data());
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child < 0) return 1;
    if (child == 0) {
      (void)Try(name);
      std::fflush(stdout);
      ::_exit(0);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child) return 1;
    if (WIFSIGNALED(status)) std::printf("signal %d\n", WTERMSIG(status));
  }
  return 0;
}

// Something else each time.
int Flood(unsigned long count) {
  for (unsigned long i = 0; i < count; ++i) ::syscall(SYS_ioctl, -1, 0x10000 + i, nullptr);
  std::puts("flooded");
  return 0;
}

// An attack when whoever started this has gone.
int Alone(std::string_view name) {
  const pid_t parent = ::getppid();
  std::puts("ready");
  std::fflush(stdout);
  while (::getppid() == parent) ::usleep(1000);
  return Try(name);
}

// Every signal that comes, and from whom; SIGTERM is the last.
int Signals() {
  sigset_t waited;
  sigemptyset(&waited);
  sigaddset(&waited, SIGINT);
  sigaddset(&waited, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &waited, nullptr);
  std::puts("ready");
  for (siginfo_t info{}; info.si_signo != SIGTERM;) {
    std::fflush(stdout);
    if (::sigwaitinfo(&waited, &info) < 0) return 1;
    std::printf("SIG%s from %s\n", ::sigabbrev_np(info.si_signo),
                info.si_code == SI_KERNEL ? "the terminal" : "a process");
  }
  return 5;
}

// Each of the numbers that no profile names, in one go: how many calls ended with which error.
int Numbers(long first, long last) {
  std::map<int, int> errors;
  for (long number = first; number <= last; ++number) {
    errno = 0;
    const long result = ::syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
    ++errors[result == -1 ? errno : 0];
  }
  for (const auto& [error, count] : errors)
    std::printf("%s %d\n", error == 0 ? "done" : ::strerrorname_np(error), count);
  return 0;
}

int Status() {
  {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("Cap") || line.starts_with("NoNewPrivs") || line.starts_with("Seccomp:"))
        std::puts(line.c_str());
    }
  }
  for (char** one = environ; *one != nullptr; ++one) std::printf("env %s\n", *one);
  for (int fd = 0; fd < 64; ++fd) {
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    char target[256] = {};
    if (::readlink(link.c_str(), target, sizeof target - 1) > 0)
      std::printf("fd %d %s\n", fd, target);
  }
  return 0;
}

// All that has another way when a newer system call is missing.
int Ordinary() {
  int counted = 0;
  std::thread([&counted] { ++counted; }).join();
  if (counted != 1) return 1;
  if (std::setlocale(LC_ALL, "C.UTF-8") == nullptr) return 2;
  addrinfo* found = nullptr;
  if (::getaddrinfo("localhost", "80", nullptr, &found) != 0 || found == nullptr) return 3;
  pid_t child = 0;
  char program[] = "/bin/true";
  char* argv[] = {program, nullptr};
  int status = -1;
  if (::posix_spawn(&child, program, nullptr, nullptr, argv, environ) != 0) return 4;
  if (::waitpid(child, &status, 0) != child || status != 0) return 5;
  child = ::fork();
  if (child == 0) ::_exit(7);
  if (::waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7) return 6;
  if (std::filesystem::directory_iterator("/etc") == std::filesystem::directory_iterator())
    return 7;
  std::puts("ordinary");
  return 0;
}

// Who one is, after a program with the setuid bit was started.
int Setuid(char* program) {
  char verb[] = "whoami";
  char* argv[] = {program, verb, nullptr};
  ::execve(program, argv, environ);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "try") return Try(words[1]);
  if (words.size() == 3 && words[0] == "numbers")
    return Numbers(std::atol(argv[2]), std::atol(argv[3]));
  if (words.size() == 1 && words[0] == "signals") return Signals();
  if (words.size() == 1 && words[0] == "each") return Each();
  if (words.size() == 2 && words[0] == "flood") return Flood(std::strtoul(argv[2], nullptr, 10));
  if (words.size() == 2 && words[0] == "alone") return Alone(words[1]);
  if (words.size() == 1 && words[0] == "status") return Status();
  if (words.size() == 1 && words[0] == "ordinary") return Ordinary();
  if (words.size() == 2 && words[0] == "setuid") return Setuid(argv[2]);
  if (words.size() == 1 && words[0] == "whoami") return std::printf("%d\n", ::geteuid()) < 0;
  std::fputs(
      "usage: sandbox_probe try NAME | each | flood COUNT | alone NAME | numbers FIRST LAST |\n"
      "       status | ordinary | signals | setuid PROGRAM\n",
      stderr);
  return 64;
}
