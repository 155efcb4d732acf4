// SPDX-License-Identifier: Apache-2.0
#include "tests/audit/pairs.h"

#include <filesystem>
#include <sstream>

#include "audit/set/source.h"
#include "tests/support/golden.h"

namespace bf::audit {
namespace {

namespace fs = std::filesystem;

void Replace(std::string& text, const std::string& from, const std::string& to,
             const std::string& where) {
  const auto at = text.find(from);
  if (from.empty() || at == std::string::npos) {
    ADD_FAILURE() << where << ": not there: " << from;
    return;
  }
  text.replace(at, from.size(), to);
}

}  // namespace

Texts Base() {
  auto texts = ReadTexts(BF_TEST_DIR "/base");
  if (!texts) {
    ADD_FAILURE() << texts.error().ToString();
    return {};
  }
  texts->name = "policies";
  return *texts;
}

Texts Edited(const std::string& name) {
  Texts texts = Base();
  std::istringstream lines(test::ReadOrDie(fmt::format("{}/pairs/{}.edit", BF_TEST_DIR, name)));
  std::string file;
  std::string from;
  std::string to;
  const auto apply = [&] {
    if (from.empty() && to.empty()) return;
    // A part of a line is replaced as such.
    const bool whole = texts.files[file].find("\n" + from) != std::string::npos;
    if (!whole && !from.empty()) {
      from.pop_back();
      to.pop_back();
    }
    Replace(texts.files[file], from, to, name);
    from.clear();
    to.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("== ")) {
      apply();
      file = line.substr(3);
    } else if (line.starts_with("-")) {
      if (!to.empty()) apply();
      from += line.substr(1) + "\n";
    } else if (line.starts_with("+")) {
      to += line.substr(1) + "\n";
    }
  }
  apply();
  return texts;
}

std::vector<std::string> PairNames() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(BF_TEST_DIR "/pairs")) {
    if (entry.path().extension() == ".edit") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

PolicySet Valid(Texts texts) {
  policy::Diagnostics wrong;
  PolicySet set = ReadSet(std::move(texts), wrong);
  EXPECT_TRUE(wrong.empty()) << wrong.ToString();
  return set;
}

Texts With(Texts texts, const std::string& file, const std::string& from, const std::string& to) {
  Replace(texts.files[file], from, to, file);
  return texts;
}

}  // namespace bf::audit
