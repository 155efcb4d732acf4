// SPDX-License-Identifier: Apache-2.0
#include "overlays/linux_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/hash/sha256.h"
#include "core/host/file.h"
#include "overlays/linux_facts.h"

namespace bf::overlays {
namespace {

constexpr std::size_t kMaxManifest = 32 << 20;
constexpr std::size_t kMaxStamp = 64 << 10;
constexpr std::string_view kDiscard = "discard-";

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Result<std::vector<std::string>> Names(const host::Beneath& data, const std::string& relative) {
  BF_ASSIGN(host::UniqueFd fd, data.OpenAt(relative, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  std::unique_ptr<DIR, DirCloser> dir(::fdopendir(fd.get()));
  if (dir == nullptr) return FailErrno(errno, "list {}/{}", data.path(), relative);
  (void)fd.Release();  // closed with the stream
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && names.size() < kMaxEntries) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string_view TypeOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "a file";
    case S_IFLNK:
      return "a symlink";
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    case S_IFDIR:
      return "a directory";
    default:
      return "a device node";
  }
}

Status SyncFileSystem(int fd, const std::string& shown) {
  if (::syncfs(fd) != 0) return FailErrno(errno, "sync {}", shown);
  return {};
}

std::string Report(const BuildGeneration& action) {
  std::string text = action.Describe() + "\n";
  for (const auto& decision : action.decisions)
    text += fmt::format("{}: {}, {}\n", ToString(decision.outcome), Printable(decision.path),
                        decision.why);
  return text;
}

}  // namespace

std::string Store::Path(unsigned generation, std::string_view below) const {
  const std::string path = fmt::format("{}/{}", dir_, GenerationName(generation));
  return below.empty() ? path : fmt::format("{}/{}", path, below);
}

void Store::ObserveWork(GenerationFacts& generation, const struct stat& upper) const {
  const auto work = data_.Stat(Path(generation.number, "work"));
  if (!work) {
    generation.work_problem = "missing";
  } else if (!S_ISDIR(work->st_mode)) {
    generation.work_problem = TypeOf(work->st_mode);
  } else if (work->st_uid != 0 || (work->st_mode & 022) != 0) {
    generation.work_problem =
        fmt::format("owned by {}, mode {:04o}", work->st_uid, work->st_mode & 07777);
  } else if (work->st_dev != upper.st_dev) {
    generation.problem = "upper and work are on different file systems";
  } else if (const auto left = Names(data_, Path(generation.number, "work/work/incompat"))) {
    // The kernel refuses a work directory that names a feature in here.
    for (const auto& name : *left) {
      if (name == "volatile") generation.was_volatile = true;
      generation.work_problem = fmt::format("left by a mount with {}", name);
    }
  }
}

GenerationFacts Store::ObserveGeneration(unsigned number) const {
  GenerationFacts generation;
  generation.number = number;
  const auto top = data_.Stat(Path(number));
  if (!top || !S_ISDIR(top->st_mode)) {
    generation.problem = top ? fmt::format("it is {}", TypeOf(top->st_mode)) : "unreadable";
    return generation;
  }
  const auto upper_fd = data_.OpenAt(Path(number, "upper"), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  struct stat upper {};
  if (!upper_fd || ::fstat(upper_fd->get(), &upper) != 0) {
    const auto there = data_.Stat(Path(number, "upper"));
    generation.problem =
        there ? fmt::format("upper is {}", TypeOf(there->st_mode)) : "upper is missing";
    return generation;
  }
  generation.upper_mode = upper.st_mode & 07777;
  generation.upper_uid = upper.st_uid;
  generation.upper_gid = upper.st_gid;
  if (upper.st_dev != top->st_dev) generation.problem = "upper is on another file system";
  if (IsOpaque(upper_fd->get())) generation.problem = "upper is opaque: it would hide the image";

  if (auto text = data_.ReadFile(Path(number, kStampFile), kMaxStamp); !text)
    generation.problem = text.error().ToString();
  else if (auto stamp = ParseStamp(*text); !stamp)
    generation.problem = stamp.error().ToString();
  else
    generation.stamp = *std::move(stamp);
  if (generation.good()) ObserveWork(generation, upper);
  return generation;
}

StoreFacts Store::Observe() const {
  StoreFacts facts;
  const auto top = data_.Stat(dir_);
  if (!top) return facts;
  facts.exists = true;
  if (!S_ISDIR(top->st_mode)) {
    facts.problem = TypeOf(top->st_mode);
    return facts;
  }
  facts.is_private = top->st_uid == 0 && (top->st_mode & 077) == 0;
  const auto names = Names(data_, dir_);
  if (!names) return facts;
  for (const auto& name : *names) {
    if (const auto number = ParseGenerationName(name))
      facts.generations.push_back(ObserveGeneration(*number));
    else if (name == "new" || name.starts_with(kDiscard))
      facts.leftovers.push_back(name);
  }
  std::sort(facts.generations.begin(), facts.generations.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  return facts;
}

Result<Entry> Store::ScanUpper(unsigned generation) const {
  const std::string path = Path(generation, "upper");
  BF_ASSIGN(const auto fd, data_.OpenAt(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  return ScanTree(fd.get(), /*upper=*/true, fmt::format("{}/{}", data_.path(), path));
}

Result<Entry> Store::ReadManifest(unsigned generation) const {
  const std::string path = Path(generation, kManifestFile);
  BF_ASSIGN(const auto text, data_.ReadFile(path, kMaxManifest));
  auto manifest = ParseManifest(text);
  if (!manifest)
    return Failure(std::move(manifest).error().Context(fmt::format("{}/{}", data_.path(), path)));
  return manifest;
}

Status Store::Rename(const std::string& from, const std::string& to) const {
  BF_ASSIGN(const auto dir, data_.OpenAt(dir_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (::renameat(dir.get(), from.c_str(), dir.get(), to.c_str()) != 0)
    return FailErrno(errno, "rename {}/{}/{} to {}", data_.path(), dir_, from, to);
  return host::Sync(dir.get(), data_.path() + "/" + dir_);
}

Status Store::SetAside(const StepHook& hook) const {
  BF_ASSIGN(const auto parent, data_.OpenAt("overlay", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  const std::string name = dir_.substr(dir_.find('/') + 1);
  const std::string aside = fmt::format(".misplaced-{}", name);
  if (hook) BF_TRY(hook("set aside"));
  BF_TRY(data_.RemoveTree("overlay/" + aside));
  if (::renameat(parent.get(), name.c_str(), parent.get(), aside.c_str()) != 0)
    return FailErrno(errno, "rename {}/{} to {}", data_.path(), dir_, aside);
  return host::Sync(parent.get(), data_.path() + "/overlay");
}

Status Store::Secure() const {
  BF_TRY(data_.MakeDirectory(dir_, 0700, 0, 0));
  return {};
}

Status Store::Build(const BuildGeneration& action, int vendor_fd, const StepHook& hook) const {
  const auto step = [&](std::string_view text) { return hook ? hook(text) : Status{}; };
  const std::string building = dir_ + "/new";
  BF_TRY(step("make the store"));
  BF_TRY(Secure());
  BF_TRY(step("remove what is left of an earlier attempt"));
  BF_TRY(data_.RemoveTree(building));
  BF_TRY(step("create new"));
  BF_ASSIGN(const auto top, data_.MakeDirectory(building, 0700, 0, 0));
  BF_TRY(data_.MakeDirectory(building + "/work", 0700, 0, 0));
  BF_ASSIGN(const auto upper, data_.MakeDirectory(building + "/upper", 0700, 0, 0));

  host::UniqueFd old;
  if (action.from != 0) {
    BF_ASSIGN(old, data_.OpenAt(Path(action.from, "upper"), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  }
  const std::string shown = fmt::format("{}/{}/upper", data_.path(), building);
  BF_TRY(BuildTree(action.upper, {old.get(), vendor_fd}, upper.get(), shown, hook));

  // Read back: what a later boot compares with is what lies there, not what was meant to.
  BF_TRY(step("write the stamp"));
  BF_ASSIGN(const Entry made, ScanTree(upper.get(), /*upper=*/true, shown));
  const Stamp stamp{action.os, action.how, action.from, hash::HashOf(ToManifest(made))};
  BF_TRY(data_.ReplaceFile(fmt::format("{}/{}", building, kManifestFile), ToManifest(action.lower),
                           0600));
  BF_TRY(data_.ReplaceFile(fmt::format("{}/{}", building, kReportFile), Report(action), 0600));
  BF_TRY(data_.ReplaceFile(fmt::format("{}/{}", building, kStampFile), StampToJson(stamp), 0600));
  BF_TRY(step("sync"));
  BF_TRY(SyncFileSystem(top.get(), data_.path()));
  BF_TRY(step("put into force"));
  BF_TRY(Rename("new", GenerationName(action.number)));
  return step("done");
}

Status Store::Restore(const RestoreGeneration& action, const StepHook& hook) const {
  if (hook) BF_TRY(hook("restore"));
  return Rename(GenerationName(action.from), GenerationName(action.number));
}

Status Store::RepairUpper(const struct RepairUpper& action) const {
  BF_TRY(
      data_.MakeDirectory(Path(action.generation, "upper"), action.mode, action.uid, action.gid));
  return {};
}

Status Store::RepairWork(unsigned generation, const StepHook& hook) const {
  const std::string work = Path(generation, "work");
  if (hook) BF_TRY(hook("remove work"));
  BF_TRY(data_.RemoveTree(work));
  if (hook) BF_TRY(hook("create work"));
  BF_TRY(data_.MakeDirectory(work, 0700, 0, 0));
  return {};
}

Status Store::Retire(const struct Retire& action, const StepHook& hook) const {
  for (const auto& leftover : action.leftovers) {
    if (hook) BF_TRY(hook("remove " + leftover));
    BF_TRY(data_.RemoveTree(fmt::format("{}/{}", dir_, leftover)));
  }
  for (const unsigned number : action.generations) {
    // Half removed it must not look like one that could be returned to.
    const std::string discard = fmt::format("{}{}", kDiscard, number);
    if (hook) BF_TRY(hook("discard " + GenerationName(number)));
    BF_TRY(data_.RemoveTree(fmt::format("{}/{}", dir_, discard)));
    BF_TRY(Rename(GenerationName(number), discard));
    if (hook) BF_TRY(hook("remove " + discard));
    BF_TRY(data_.RemoveTree(fmt::format("{}/{}", dir_, discard)));
  }
  return {};
}

Status Store::CheckBeforeMount(unsigned generation) const {
  for (const char* part : {"upper", "work"}) {
    BF_TRY(data_.OpenAt(Path(generation, part), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  }
  return {};
}

}  // namespace bf::overlays
