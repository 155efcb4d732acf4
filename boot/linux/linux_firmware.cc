// SPDX-License-Identifier: Apache-2.0
#include "boot/linux/linux_firmware.h"

#include <cerrno>
#include <charconv>
#include <filesystem>

#include "core/host/file.h"

namespace bf::boot {
namespace {

constexpr std::string_view kTree = "/proc/device-tree";
constexpr std::string_view kNodes = "/proc/device-tree/chosen/bootloader";
constexpr std::size_t kMaxNode = 64;

void Take(FirmwareFacts& facts, std::string_view name, std::uint32_t value) {
  if (name == "partition") {
    if (value != 0) facts.partition = value;
    return;
  }
  if (value > 1) {
    facts.problems.push_back(fmt::format("{}: tryboot is {}, not 0 or 1", facts.source, value));
    return;
  }
  facts.tryboot = value == 1;
}

}  // namespace

void TakeNode(FirmwareFacts& facts, std::string_view name, std::string_view bytes) {
  if (bytes.size() != 4) {
    facts.problems.push_back(
        fmt::format("{}/{} is {} bytes long, not 4", facts.source, name, bytes.size()));
    return;
  }
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  Take(facts, name, value);
}

FirmwareFacts ReadFirmwareNodes(const std::string& directory) {
  FirmwareFacts facts;
  facts.source = directory;
  for (const char* name : {"partition", "tryboot"}) {
    const auto bytes = host::ReadFile(fmt::format("{}/{}", directory, name), kMaxNode);
    if (bytes) {
      TakeNode(facts, name, *bytes);
    } else if (bytes.error().sys_errno != ENOENT && bytes.error().sys_errno != ENOTDIR) {
      facts.problems.push_back(bytes.error().ToString());
    }
  }
  return facts;
}

std::optional<std::string> WordOf(std::string_view command_line, std::string_view key) {
  std::optional<std::string> value;
  while (!command_line.empty()) {
    const std::size_t end = command_line.find_first_of(" \n");
    const std::string_view word = command_line.substr(0, end);
    command_line =
        end == std::string_view::npos ? std::string_view() : command_line.substr(end + 1);
    if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=') {
      value = std::string(word.substr(key.size() + 1));
    }
  }
  return value;
}

FirmwareFacts ParseFirmwareWords(std::string_view command_line) {
  FirmwareFacts facts;
  facts.source = "bf.firmware.* on the kernel command line";
  for (const char* name : {"partition", "tryboot"}) {
    const auto text = WordOf(command_line, fmt::format("bf.firmware.{}", name));
    if (!text) continue;
    std::uint32_t value = 0;
    const auto parsed = std::from_chars(text->data(), text->data() + text->size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size()) {
      facts.problems.push_back(fmt::format("bf.firmware.{}={} is no number", name, *text));
      continue;
    }
    Take(facts, name, value);
  }
  return facts;
}

FirmwareFacts ObserveFirmware(const std::string& root, std::string_view command_line) {
  std::error_code error;
  if (std::filesystem::exists(host::Under(root, kTree), error)) {
    return ReadFirmwareNodes(host::Under(root, kNodes));
  }
  return ParseFirmwareWords(command_line);
}

}  // namespace bf::boot
