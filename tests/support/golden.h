// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bf::test {

// The folders below DIR of the folder the test is in, sorted; each is a case.
std::vector<std::string> Cases(const std::string& dir);
std::string CasePath(const std::string& dir, const std::string& name);
std::string ReadOrDie(const std::string& path);
// Compares with the file, or writes it when BF_UPDATE_GOLDENS is set.
void ExpectGolden(const std::string& path, const std::string& actual);
std::string ReplaceAll(std::string text, const std::string& from, const std::string& to);

}  // namespace bf::test
