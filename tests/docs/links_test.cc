// SPDX-License-Identifier: Apache-2.0
// Every relative link and every `path` with a slash that README.md and docs/ show leads somewhere.
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> Documents() {
  std::vector<fs::path> documents = {fs::path(BF_SOURCE_DIR) / "README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(BF_SOURCE_DIR) / "docs")) {
    if (entry.path().extension() == ".md") documents.push_back(entry.path());
  }
  return documents;
}

std::vector<std::string> Matches(const fs::path& path, const std::regex& pattern) {
  std::ostringstream stream;
  stream << std::ifstream(path).rdbuf();
  const std::string text = stream.str();
  std::vector<std::string> found;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), pattern);
       it != std::sregex_iterator(); ++it) {
    found.push_back((*it)[1]);
  }
  return found;
}

TEST(Documents, LinksLeadSomewhere) {
  static const std::regex kLink(R"re(\]\(([^)#:]+)(#[^)]*)?\))re");
  int links = 0;
  for (const fs::path& document : Documents()) {
    for (const std::string& link : Matches(document, kLink)) {
      ++links;
      EXPECT_TRUE(fs::exists(document.parent_path() / link)) << document << " links to " << link;
    }
  }
  EXPECT_GT(links, 5);
}

TEST(Documents, PathsOfTheRepositoryExist) {
  static const std::regex kPath(
      R"re(`((?:core|provision|overlays|policies|tests|scripts|docs|cmake)/[A-Za-z0-9_./-]*)`)re");
  for (const fs::path& document : Documents()) {
    for (const std::string& path : Matches(document, kPath)) {
      EXPECT_TRUE(fs::exists(fs::path(BF_SOURCE_DIR) / path)) << document << " names " << path;
    }
  }
}

}  // namespace
