// SPDX-License-Identifier: Apache-2.0
#include "provision/image/host.h"

namespace bf::provision::image {
namespace {

const WriteTable* TableOf(const ImagePlan& plan) {
  for (const auto& step : plan) {
    if (const auto* table = std::get_if<WriteTable>(&step.action)) return table;
  }
  return nullptr;
}

struct Carry {
  ImageHost& host;
  template <class T>
  Status operator()(const T& action) const {
    return host.Write(action);
  }
};

}  // namespace

Result<std::uint64_t> ApplyImage(const ImagePlan& plan, ImageHost& host) {
  const WriteTable* table = TableOf(plan);
  if (table == nullptr) return FailKind(ErrorKind::kInternal, "an image plan without a table");
  BF_TRY(host.Create(table->disk_size));
  for (const auto& step : plan) BF_TRY(std::visit(Carry{host}, step.action));
  BF_TRY(host.Verify(*table));
  return host.Commit();
}

Result<std::uint64_t> ApplyBoot(const WriteFat& action, ImageHost& host) {
  BF_TRY(host.Create(action.extent.size));
  BF_TRY(host.Write(action));
  return host.Commit();
}

Result<std::uint64_t> ApplyRoot(const WriteRoot& action, ImageHost& host) {
  BF_TRY(host.Create(action.extents.front().size));
  BF_TRY(host.Write(action));
  return host.Commit();
}

}  // namespace bf::provision::image
