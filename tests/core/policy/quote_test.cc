// SPDX-License-Identifier: Apache-2.0
#include "core/policy/quote.h"

#include <gtest/gtest.h>

#include "core/policy/reader.h"

namespace bf::policy {
namespace {

std::string ReadBack(const std::string& quoted) {
  Diagnostics diagnostics;
  const Document document = ParseToml("a = " + quoted + "\n", "p.toml", diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "") << quoted;
  return Reader(document.root, document.at, diagnostics).String("a").value;
}

TEST(Quote, WhatIsWrittenReadsBackAsItWas) {
  for (char c = 1; c < 127; ++c) {
    const std::string text = {'x', c, 'y'};
    EXPECT_EQ(ReadBack(Quote(text)), text) << int{c};
  }
  for (const std::string text :
       {"", "\"", "\\", "\"\\\"", "über\x7f", "x\", RUN+=\"/bin/sh", "a\nb = 1"})
    EXPECT_EQ(ReadBack(Quote(text)), text);
}

}  // namespace
}  // namespace bf::policy
