// SPDX-License-Identifier: Apache-2.0
// The machine as far as BF_DATA is concerned: looked at, and changed one action at a time.
#pragma once

#include "provision/data/actions.h"
#include "provision/data/facts.h"

namespace bf::provision::data {

class DataProbe {
 public:
  virtual ~DataProbe() = default;
  // Never fails: what could not be seen is part of the facts.
  virtual DataFacts Observe() = 0;
};

// Each verb is complete when it returns: synced, and undone if it failed half way.
class DataHost {
 public:
  virtual ~DataHost() = default;
  virtual Status Do(const WriteTable& step) = 0;
  virtual Status Do(const ResizePartition& step) = 0;
  virtual Status Do(const WipeFree& step) = 0;
  virtual Status Do(const WipePartition& step) = 0;
  virtual Status Do(const MakeFilesystem& step) = 0;
  virtual Status Do(const Populate& step) = 0;
  virtual Status Do(const SetLabel& step) = 0;
  virtual Status Do(const FinishSuperblock& step) = 0;
  virtual Status Do(const CheckFilesystem& step) = 0;
  virtual Status Do(const UndoRepairs& step) = 0;
  virtual Status Do(const MountData& step) = 0;
  virtual Status Do(const FixMountFlags& step) = 0;
  virtual Status Do(const FixSkeleton& step) = 0;
  virtual Status Do(const SaveUndo& step) = 0;
  virtual Status Do(const GrowFilesystem& step) = 0;
  virtual Status Do(const MountDegraded& step) = 0;
};

}  // namespace bf::provision::data
