// SPDX-License-Identifier: Apache-2.0
#include "lockdown/stored/encode.h"

#include <algorithm>
#include <numeric>

#include "core/disk/packed.h"
#include "core/hash/checksum.h"
#include "core/host/file.h"
#include "lockdown/stored/layout.h"
#include "lockdown/stored/stored.h"

namespace bf::lockdown::stored {
namespace {

void PutRef(disk::PackedWriter& out, const SourceRef& at) {
  out.Number(static_cast<std::uint32_t>(at.line));
  out.Number(static_cast<std::uint32_t>(at.column));
}

void PutFlag(disk::PackedWriter& out, bool flag) { out.Number(std::uint8_t{flag}); }

void PutBitmap(disk::PackedWriter& out, const input::Bitmap& bitmap) {
  std::uint8_t words = input::Bitmap::kWords;
  while (words > 0 && bitmap.Word(words - 1U) == 0) --words;
  out.Number(words);
  for (std::size_t i = 0; i < words; ++i) out.Number(bitmap.Word(i));
}

void PutInput(disk::PackedWriter& out, const AllowInput& input) {
  out.Text(input.name.value);
  const device::InputId& id = input.id.value;
  for (const std::uint16_t number : {id.bus, id.vendor, id.product, id.version}) out.Number(number);
  out.Text(input.phys.value);
  for (const auto& field : input::kCapabilityFields)
    PutBitmap(out, input.capabilities.value.*field.bits);
}

std::string EncodeEntry(const Allow& entry, std::size_t place) {
  disk::PackedWriter out;
  out.Number(Packed(KeyOf(entry)));
  out.Number(static_cast<std::uint32_t>(place));
  PutRef(out, entry.at);
  out.Text(entry.name.value);
  out.Text(entry.reason.value);
  out.Text(entry.device_name.value);
  out.Number(entry.version.value);
  PutFlag(out, entry.serial.has_value());
  out.Text(entry.serial ? entry.serial->value : "");
  out.Text(entry.port.value);
  out.Number(static_cast<std::uint32_t>(entry.interfaces.size()));
  for (const auto& interface : entry.interfaces) {
    const auto& [code, bound] = interface.value;
    for (const std::uint8_t number : {code.base, code.subclass, code.protocol}) out.Number(number);
    PutFlag(out, bound);
  }
  out.Text(entry.descriptors.value);
  out.Number(static_cast<std::uint32_t>(entry.report_descriptors.size()));
  for (const auto& hash : entry.report_descriptors) out.Text(hash.value);
  PutFlag(out, entry.maintenance.value);
  out.Text(entry.group.value);
  out.Number(static_cast<std::uint32_t>(entry.inputs.size()));
  for (const AllowInput& input : entry.inputs) PutInput(out, input);
  out.Number(hash::ChecksumOf(out.bytes()));
  return std::move(out.bytes());
}

// All of the head after its fixed part. `slots` has the slot of each entry.
std::string EncodeHead(const Policy& policy, const std::vector<std::size_t>& slots) {
  disk::PackedWriter out;
  out.bytes() += policy.hash;
  PutRef(out, policy.at);
  PutRef(out, policy.usb.at);
  PutRef(out, policy.usb.hubs.at);
  out.Number(static_cast<std::uint64_t>(policy.usb.hubs.value));
  out.Text(policy.usb.reason.value);
  out.Number(static_cast<std::uint8_t>(policy.maintenance.window.value));
  out.Number(static_cast<std::uint64_t>(policy.maintenance.longest_ms.value));
  out.Text(policy.maintenance.key.value);
  out.Number(static_cast<std::uint32_t>(policy.filters.size()));
  for (const Filter& filter : policy.filters) {
    PutRef(out, filter.at);
    out.Text(filter.device.value);
    out.Text(filter.reason.value);
    out.Number(static_cast<std::uint32_t>(filter.keys.size()));
    for (const auto& key : filter.keys) out.Number(key.value);
    const Allow* entry = policy.Find(filter.device.value);
    const auto place = entry == nullptr ? policy.allows.size()
                                        : static_cast<std::size_t>(entry - policy.allows.data());
    out.Number(static_cast<std::uint32_t>(place < slots.size() ? slots[place] : slots.size()));
  }
  return std::move(out.bytes());
}

}  // namespace

std::string Encode(const Policy& policy) {
  std::vector<std::size_t> order(policy.allows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return KeyOf(policy.allows[a]) < KeyOf(policy.allows[b]);
  });
  std::vector<std::size_t> slots(order.size());
  for (std::size_t slot = 0; slot < order.size(); ++slot) slots[order[slot]] = slot;

  const std::string head = EncodeHead(policy, slots);
  const std::size_t head_bytes = kFixedBytes + head.size() + kChecksumBytes;
  disk::PackedWriter index;
  std::string entries;
  for (const std::size_t place : order) {
    const Allow& entry = policy.allows[place];
    const std::string bytes = EncodeEntry(entry, place);
    const std::size_t offset = head_bytes + order.size() * kSlotBytes + entries.size();
    index.Number(Packed(KeyOf(entry)));
    index.Number(static_cast<std::uint32_t>(offset));
    index.Number(static_cast<std::uint32_t>(bytes.size()));
    entries += bytes;
  }

  disk::PackedWriter file;
  file.bytes() = kMagic;
  file.Number(kFormat);
  file.Number(static_cast<std::uint32_t>(head_bytes + index.bytes().size() + entries.size()));
  file.Number(static_cast<std::uint32_t>(head_bytes));
  file.Number(static_cast<std::uint32_t>(order.size()));
  file.Number(policy.text.size);
  file.Number(policy.text.checksum);
  file.bytes() += head;
  file.Number(hash::ChecksumOf(file.bytes()));
  file.bytes() += index.bytes();
  file.bytes() += entries;
  return std::move(file.bytes());
}

Status MatchesWhatIsStored(const std::string& root, const Policy& policy) {
  const std::string path = host::Under(root, kStoredPath);
  const std::string wanted = Encode(policy);
  BF_ASSIGN(const std::string found, host::ReadFile(path, 2 * wanted.size()));
  if (found == wanted) return {};
  return FailKind(ErrorKind::kRefused, "{}: it is not what {} compiles to: `bf-lockdown compile`",
                  path, policy.at.file);
}

}  // namespace bf::lockdown::stored
