// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over every file of a corpus, each as it is, cut short and with single bytes
// changed, under whatever compiler and sanitizer the build has.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int RunVariants(const Bytes& original) {
  int runs = 0;
  const auto run = [&](const Bytes& bytes) {
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    ++runs;
  };
  run(original);
  // At most some hundred variants of each kind, spread over the file.
  const std::size_t step = std::max<std::size_t>(1, original.size() / 256);
  for (std::size_t at = 0; at < original.size(); at += step) {
    run(Bytes(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(at)));
    for (const int flip : {0x01, 0x80, 0xff}) {
      Bytes changed = original;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ flip);
      run(changed);
    }
  }
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  int runs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      ++files;
      runs += RunVariants(Read(entry.path()));
    }
  }
  std::cout << files << " files, " << runs << " inputs\n";
  // An empty corpus tests nothing and must not read as passed.
  return files == 0 ? 1 : 0;
}
