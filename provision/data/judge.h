// SPDX-License-Identifier: Apache-2.0
// Which partition is BF_DATA, and what may be done with it.
#pragma once

#include <string>

#include "provision/data/facts.h"
#include "provision/data/policy.h"

namespace bf::provision::data {

struct Target {
  const disk::GptEntry* entry = nullptr;
  const facts::Partition* partition = nullptr;
  std::string problem;  // not empty: there is no one partition to use
};
// The one entry called BF_DATA on the root disk, as the table and the kernel both see it.
Target FindTarget(const DataFacts& facts);

enum class Verdict {
  kUse,     // a finished BF_DATA
  kFinish,  // a finished one but for a write of the superblock that a cut tore
  kFormat,  // never held data: both witnesses agree
  kRepair,  // finished by the word of its backups, and policy says to repair
  kKeep,    // anything else
};
struct Judgement {
  Verdict verdict = Verdict::kKeep;
  std::string why;                           // for kKeep: what is there, and what to do
  const disk::Ext4Backup* backup = nullptr;  // for kRepair
};
Judgement Judge(const DataPolicy& policy, const DataFacts& facts, const Target& target);

bool IsUnformattedType(const disk::GptEntry& entry);
bool IsLinuxType(const disk::GptEntry& entry);

}  // namespace bf::provision::data
