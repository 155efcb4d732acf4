// SPDX-License-Identifier: Apache-2.0
// A device as a temp tree, and somebody with the key.
#pragma once

#include <openssl/evp.h>
#include <sys/stat.h>

#include <memory>

#include "lockdown/maintenance/linux_maintenance.h"
#include "lockdown/maintenance/verify.h"
#include "tests/support/temp_tree.h"

namespace bf::lockdown::maintenance {

inline const std::string kMachineId(32, 'a');
inline const std::string kBootId = "01234567-89ab-cdef-0123-456789abcdef";
inline const std::string kNextBootId = "11234567-89ab-cdef-0123-456789abcdef";

inline std::string Hex(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

class Signer {
 public:
  explicit Signer(unsigned char seed) {
    const std::vector<unsigned char> secret(32, seed);
    key_.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), 32));
  }
  std::string public_key() const {
    unsigned char bytes[32];
    std::size_t size = sizeof bytes;
    if (EVP_PKEY_get_raw_public_key(key_.get(), bytes, &size) != 1) throw std::runtime_error("key");
    return Hex(bytes, size);
  }
  std::string Sign(const std::string& message) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    unsigned char bytes[64];
    std::size_t size = sizeof bytes;
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), bytes, &size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1)
      throw std::runtime_error("sign");
    return Hex(bytes, size);
  }
  Token Signed(Token token) const {
    token.signature = Sign(SignedText(token));
    return token;
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{nullptr, EVP_PKEY_free};
};

class Device {
 public:
  Device() {
    ::umask(022);
    tree.Write("run/betterframe/data.json", "{}");
    tree.Write("var/lib/betterframe/control/other", "");
    tree.Write("etc/machine-id", kMachineId + "\n");
    Boot(kBootId);
    Mount("ext4");
    machine.root = tree.path();
    machine.data = "/var/lib/betterframe";
    machine.verify = [](const std::string& key, const std::string& signature,
                        const std::string& message) -> Result<bool> {
      const auto good = Verify(key, signature, message);
      if (!good) return Fail("no key");
      return *good;
    };
  }
  void Boot(const std::string& id) const {
    std::filesystem::remove(tree / "run/betterframe/maintenance");  // a tmpfs
    tree.Write("proc/sys/kernel/random/boot_id", id + "\n");
  }
  void Mount(const std::string& type) const {
    tree.Write(
        "proc/self/mountinfo",
        "22 1 8:1 / / ro - ext4 /dev/sda4 ro\n30 22 8:6 / /var/lib/betterframe rw,nosuid - " +
            type + " /dev/sda6 rw\n");
  }
  std::string Data(const std::string& name) const { return tree / ("var/lib/betterframe/" + name); }

  testing_support::TempTree tree;
  Machine machine;
};

inline Policy PolicyOf(lockdown::Window window, const Signer& signer) {
  Policy policy;
  policy.maintenance.window = {window, {}};
  policy.maintenance.longest_ms = {600'000, {}};
  if (window == lockdown::Window::kSigned) policy.maintenance.key = {signer.public_key(), {}};
  return policy;
}

}  // namespace bf::lockdown::maintenance
