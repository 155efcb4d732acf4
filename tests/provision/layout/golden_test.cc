// SPDX-License-Identifier: Apache-2.0
// Bad policies and every diagnostic they give. BF_UPDATE_GOLDENS=1 writes them anew.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/host/file.h"
#include "provision/layout/layout.h"

namespace bf::provision::layout {
namespace {

const std::string kDir = BF_SOURCE_DIR "/tests/provision/layout/bad/";

std::vector<std::string> Cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kDir)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class BadLayout : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Cases, BadLayout, testing::ValuesIn(Cases()),
                         [](const auto& param) { return param.param; });

TEST_P(BadLayout, GivesAllDiagnostics) {
  const std::string dir = kDir + GetParam();
  const auto layout = LoadLayout(dir);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().kind, ErrorKind::kPolicy);
  std::string actual = layout.error().ToString() + "\n";
  for (std::size_t at; (at = actual.find(dir + "/")) != std::string::npos;) {
    actual.erase(at, dir.size() + 1);
  }
  const std::string golden = dir + "/expected.txt";
  if (std::getenv("BF_UPDATE_GOLDENS") != nullptr) std::ofstream(golden) << actual;
  EXPECT_EQ(host::ReadFile(golden).value_or(""), actual);
}

}  // namespace
}  // namespace bf::provision::layout
