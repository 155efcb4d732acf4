// SPDX-License-Identifier: Apache-2.0
// docs/escape-matrix.md lists the rows that the tool has, word for word.
#include "lockdown/check/report.h"
#include "tests/support/golden.h"

namespace bf::lockdown::check {
namespace {

const std::string kDocument = BF_SOURCE_DIR "/docs/escape-matrix.md";

TEST(Documentation, ListsTheRowsOfTheTool) {
  std::string text = test::ReadOrDie(kDocument);
  const auto begin = text.find("| row |");
  ASSERT_NE(begin, std::string::npos);
  const auto end = text.find("\n\n", begin) + 1;
  text.replace(begin, end - begin, RowsToMarkdown());
  test::ExpectGolden(kDocument, text);
}

}  // namespace
}  // namespace bf::lockdown::check
