// SPDX-License-Identifier: Apache-2.0
// Maintenance on a running device: its files, its clock, and the check of a signature.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lockdown/judge/judge.h"
#include "lockdown/maintenance/judge.h"

namespace bf::lockdown::maintenance {

// True if `signature` over `message` is by `key`; both in hexadecimal digits. An error if that
// could not be found out.
using Verifier = std::function<Result<bool>(const std::string& key, const std::string& signature,
                                            const std::string& message)>;
// Asks bf-verify-ed25519. It is a program of its own because libcrypto would double the time that
// every `bf-lockdown-decide` takes to start.
Verifier HelperVerifier();

struct Machine {
  std::string root;
  std::string data;  // where BF_DATA is mounted, such as "/var/lib/betterframe"
  Verifier verify;
};

Now ReadNow(const std::string& root);
Found ReadWindow(const std::string& root);
TokenFacts ReadToken(const Machine& machine, const Policy& policy);

// Called before each durable change, with its name. Tests end the process there.
using Checkpoint = std::function<void(std::string_view)>;

// Opens what the token on BF_DATA grants: first it is recorded as used, durably, then the window
// is there. Refused (exit 77) with the reason if it grants nothing.
Result<Window> StartWindow(const Machine& machine, const Policy& policy, const Now& now,
                           const Checkpoint& checkpoint = {});
// Puts a token in place, durably.
Status WriteToken(const Machine& machine, std::string_view text, const Checkpoint& checkpoint = {});
// First the window, so that it is shut whatever happens next; then the token. That there are none
// is no error.
Status EndWindow(const Machine& machine, const Checkpoint& checkpoint = {});
// Returns when no window is open any more.
State WaitForEnd(const std::string& root, const Policy& policy);

}  // namespace bf::lockdown::maintenance

namespace bf::lockdown {

// What is true of the machine at this moment, for every judge. Never opens anything on doubt; the
// error says what could not be read, and a caller that goes on without has a closed window.
Result<Situation> ReadSituation(const std::string& root, const Policy& policy);

}  // namespace bf::lockdown
