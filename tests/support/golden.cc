// SPDX-License-Identifier: Apache-2.0
#include "tests/support/golden.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/host/file.h"

namespace bf::test {

std::string CasePath(const std::string& dir, const std::string& name) {
  return fmt::format("{}/{}/{}", BF_TEST_DIR, dir, name);
}

std::vector<std::string> Cases(const std::string& dir) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(CasePath(dir, ""))) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadOrDie(const std::string& path) {
  auto text = host::ReadFile(path);
  if (text) return *text;
  ADD_FAILURE() << text.error().ToString();
  return {};
}

void ExpectGolden(const std::string& path, const std::string& actual) {
  if (std::getenv("BF_UPDATE_GOLDENS") != nullptr) {
    std::ofstream(path) << actual;
    return;
  }
  EXPECT_EQ(ReadOrDie(path), actual) << path << " (BF_UPDATE_GOLDENS=1 writes it)";
}

std::string ReplaceAll(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace bf::test
