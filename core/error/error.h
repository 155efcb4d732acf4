// SPDX-License-Identifier: Apache-2.0
// One error type for every library here. It carries what a person needs to act: what was being
// done, where in a policy it was asked for, and the errno if a system call refused it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace bf {

// Where something was written in a file. line and column count from 1; 0 means "not known".
struct SourceRef {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const SourceRef&) const = default;
  explicit operator bool() const { return !file.empty(); }
  // "file:line:column", or "file" where no line is known, or "".
  std::string ToString() const;
};

enum class ErrorKind {
  kFailed,    // an operation did not succeed                    exit 1
  kDrift,     // `check` found the machine differs from policy   exit 3
  kUsage,     // the command line makes no sense                 exit 64
  kPolicy,    // a policy file is invalid                        exit 65
  kInternal,  // a broken promise inside our own code            exit 70
  kRefused,   // we could, but will not: it would lose data      exit 77
  // As shells and systemd say it of a program that was to be started:
  kNotExecutable,  // it is there, and cannot be executed        exit 126
  kNoProgram,      // it is not there                            exit 127
};

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::kFailed;
  std::string message;
  SourceRef source;
  int sys_errno = 0;  // 0 when no system call was involved
  // What else is wrong, each a message of its own: shown as further lines.
  std::vector<std::string> also = {};

  // Puts what the caller was doing in front: "mount BF_DATA: no such device".
  Error Context(std::string_view doing) &&;
  // "source: message: strerror", each part only where there is one.
  std::string ToString() const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;
using Failure = tl::unexpected<Error>;

template <class... Args>
Failure Fail(fmt::format_string<Args...> format, Args&&... args) {
  return Failure(
      Error{ErrorKind::kFailed, fmt::format(format, std::forward<Args>(args)...), {}, 0});
}

template <class... Args>
Failure FailKind(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return Failure(Error{kind, fmt::format(format, std::forward<Args>(args)...), {}, 0});
}

// `code` is an errno value, taken before anything else could change it.
template <class... Args>
Failure FailErrno(int code, fmt::format_string<Args...> format, Args&&... args) {
  return Failure(
      Error{ErrorKind::kFailed, fmt::format(format, std::forward<Args>(args)...), {}, code});
}

}  // namespace bf

#define BF_CONCAT_INNER(a, b) a##b
#define BF_CONCAT(a, b) BF_CONCAT_INNER(a, b)

// Returns the error of `expr` from the calling function, if it has one.
#define BF_TRY(expr)                                      \
  do {                                                    \
    if (auto bf_status = (expr); !bf_status.has_value())  \
      return ::bf::Failure(std::move(bf_status).error()); \
  } while (false)

// The same with what the caller was doing put in front: BF_TRY_DOING(Sync(fd), "sync {}", path).
#define BF_TRY_DOING(expr, ...)                                                             \
  do {                                                                                      \
    if (auto bf_status = (expr); !bf_status.has_value())                                    \
      return ::bf::Failure(std::move(bf_status).error().Context(fmt::format(__VA_ARGS__))); \
  } while (false)

// BF_ASSIGN(auto text, ReadFile(path)): the value, or return the error.
#define BF_ASSIGN(decl, expr) BF_ASSIGN_INNER(BF_CONCAT(bf_result_, __LINE__), decl, expr)
#define BF_ASSIGN_INNER(name, decl, expr)                               \
  auto name = (expr);                                                   \
  if (!name.has_value()) return ::bf::Failure(std::move(name).error()); \
  decl = std::move(name).value()
