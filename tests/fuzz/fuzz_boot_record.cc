// SPDX-License-Identifier: Apache-2.0
// Whatever lies on BF_DATA as bf-boot's record, and whatever the firmware's nodes hold: it is
// judged, no verb moves [all] to a slot that does not run, and reconcile has an end.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "boot/linux/linux_firmware.h"
#include "boot/model/change.h"
#include "core/disk/crc.h"

namespace {

using namespace bf::boot;

// A random checksum would never be right: so that fields are reached, it is made to fit.
void Seal(std::vector<std::byte>& file) {
  for (std::size_t block = 0; block < 2; ++block) {
    const std::span<std::byte> bytes = std::span(file).subspan(block * kRecordBlock, 512);
    std::memcpy(bytes.data(), "BFBOOTRC", 8);
    const std::uint32_t crc = bf::disk::Crc32(bytes.subspan(12));
    std::memcpy(bytes.data() + 8, &crc, sizeof crc);
  }
}

void Apply(Facts& facts, const Change& change) {
  if (change.record) {
    facts.record = {};
    facts.record.record = change.record;
  }
  if (change.selection) {
    facts.selector.autoboot = bf::disk::ParseAutoboot(bf::disk::MakeAutoboot(
        *facts.Of(change.selection->first).boot, *facts.Of(change.selection->second).boot));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 16) return 0;
  const std::string_view head(reinterpret_cast<const char*>(data), 16);
  Facts facts;
  facts.firmware.source = "nodes";
  // Lengths of 0 to 7 bytes; the rest of the head decides the other facts.
  TakeNode(facts.firmware, "partition", head.substr(0, static_cast<std::uint8_t>(head[12]) % 8));
  TakeNode(facts.firmware, "tryboot", head.substr(4, static_cast<std::uint8_t>(head[13]) % 8));
  (void)ParseFirmwareWords(std::string_view(reinterpret_cast<const char*>(data), size));
  facts.slots = {SlotPartitions{2, 4}, SlotPartitions{3, 5}};
  const auto flags = static_cast<std::uint8_t>(head[14]);
  facts.root_slot = (flags & 1) != 0 ? Slot::kA : Slot::kB;
  facts.cmdline_slot = (flags & 2) != 0 ? Slot::kA : Slot::kB;
  facts.selector.autoboot =
      bf::disk::ParseAutoboot(bf::disk::MakeAutoboot(1 + (flags >> 2 & 3), 1 + (flags >> 4 & 3)));
  facts.selector.writable = true;
  facts.record_writable = true;
  facts.boot_id = "now";

  std::vector<std::byte> file(kRecordSize);
  const std::size_t length = std::min(size - 16, file.size());
  std::memcpy(file.data(), data + 16, length);
  if ((flags & 0x40) != 0) Seal(file);
  facts.record = ParseRecord(file);

  const Judgement judged = Judge(facts);
  for (const Slot slot : kSlots) {
    for (const auto& change : {SetPrimary(facts, slot), SetGood(facts, slot), SetBad(facts, slot),
                               Arm(facts), GiveUp(facts, "fuzz")}) {
      if (!change || !change->selection) continue;
      const Slot committed = change->selection->first;
      if (committed != judged.committed && committed != judged.running) __builtin_trap();
    }
    (void)IsGood(facts, slot);
  }
  Apply(facts, Reconcile(facts));
  if (!Reconcile(facts).empty()) __builtin_trap();
  return 0;
}
