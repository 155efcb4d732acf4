// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "core/policy/reader.h"

// Every getter over whatever parsed: no input may crash, and each problem has a position.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::policy;
  Diagnostics diagnostics;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Document document = ParseToml(text, "fuzz.toml", diagnostics);
  Reader reader(document.root, document.at, diagnostics);
  reader.Schema(1);
  for (const char* key : {"a", "name", "size", "path", "mode"}) {
    reader.String(key, "");
    reader.Integer(key, -5, 5, 0);
    reader.Size(key, 0);
    reader.Mode(key, 0);
    reader.Milliseconds(key, 0);
    reader.AbsolutePath(key, "/");
    reader.RelativePath(key, "x");
    reader.Strings(key);
    reader.Bool(key, false);
  }
  reader.Tables("partition", [](Reader& table) { table.String("name"); });
  reader.SubTable("data", [](Reader& table) { table.Size("size"); });
  reader.Finish();
  for (const Diagnostic& diagnostic : diagnostics.Sorted()) {
    if (diagnostic.at.file.empty()) __builtin_trap();
  }
  return 0;
}
