// SPDX-License-Identifier: Apache-2.0
#include "audit/set/source.h"

#include <fcntl.h>

#include <charconv>
#include <filesystem>

#include "core/cli/exit_code.h"
#include "core/host/file.h"
#include "core/host/spawn.h"

namespace bf::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 1000;
constexpr std::size_t kMostBytes = 64 << 20;

Failure NotThere(const std::string& where, std::string_view why) {
  return FailKind(ErrorKind::kUsage, "{}: {}", where, why);
}

// A symlink in there is refused, whatever its name: what is reviewed is what is in the directory,
// and a part of it that cannot be seen is no part that says nothing.
Status AddDirectory(const std::string& dir, const std::string& below, Texts& texts) {
  BF_TRY(host::Open(dir, O_RDONLY | O_DIRECTORY));
  for (const std::string& path : host::Entries(dir)) {
    std::error_code error;
    const auto status = fs::symlink_status(path, error);
    const std::string file = below + fs::path(path).filename().string();
    if (error) return Fail("{}: {}", path, error.message());
    if (fs::is_symlink(status))
      return FailKind(ErrorKind::kPolicy, "{} is a symlink, which is not followed", path);
    if (below.empty() && fs::is_directory(status)) {
      BF_TRY(AddDirectory(path, file + "/", texts));
      continue;
    }
    if (!file.ends_with(".toml")) continue;
    if (!fs::is_regular_file(status))
      return FailKind(ErrorKind::kPolicy, "{} is not a regular file", path);
    BF_ASSIGN(std::string text, host::ReadFile(path, policy::kMaxPolicyBytes));
    texts.files.emplace(file, std::move(text));
    if (texts.files.size() > kMostFiles)
      return FailKind(ErrorKind::kPolicy, "{}: more than {} policies", dir, kMostFiles);
  }
  return {};
}

host::Command Git(std::vector<std::string> arguments) {
  std::vector<std::string> argv = {"git", "--no-pager", "--no-replace-objects"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return {.argv = std::move(argv), .output_limit = kMostBytes};
}

// "SHA blob SIZE\n", SIZE bytes, "\n", for each that was asked for.
Status ReadBatch(std::string_view batch, const std::vector<std::string>& files, Texts& texts) {
  for (const std::string& file : files) {
    const auto line = batch.substr(0, batch.find('\n'));
    const auto space = line.rfind(' ');
    std::size_t size = 0;
    const char* const end = line.data() + line.size();
    const bool good = space != line.npos && line.find(" blob ") != line.npos &&
                      std::from_chars(line.data() + space + 1, end, size).ptr == end &&
                      batch.size() >= line.size() + size + 2;
    if (!good) return Fail("git cat-file: what it says of {} makes no sense", file);
    if (size > policy::kMaxPolicyBytes)
      return FailKind(ErrorKind::kPolicy, "{}: {} is too long", texts.name, file);
    texts.files.emplace(file, batch.substr(line.size() + 1, size));
    batch.remove_prefix(line.size() + size + 2);
  }
  return {};
}

Result<Texts> FromGit(const std::string& where) {
  const auto colon = where.find(':');
  const std::string revision = where.substr(0, colon);
  std::string dir = colon == where.npos ? "policies" : where.substr(colon + 1);
  while (dir.ends_with('/')) dir.pop_back();
  if (revision.empty() || revision.front() == '-')
    return NotThere(where, "no such directory, file or git revision");
  const std::string tree = fmt::format("{}:{}", revision, dir);
  const auto listed = host::Run(Git({"ls-tree", "-r", "-z", "--full-tree", tree}));
  if (!listed || !listed->ok())
    return NotThere(where, "no such directory or file, and git knows no such revision here");
  Texts texts{tree, {}};
  std::vector<std::string> files;
  std::string wanted;
  std::string_view rest = listed->output;
  while (!rest.empty()) {
    // "MODE blob SHA\tNAME"
    const auto entry = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    const auto tab = entry.find('\t');
    if (tab == entry.npos) return Fail("git ls-tree: cannot read \"{}\"", entry);
    const std::string name(entry.substr(tab + 1));
    if (!entry.starts_with("100"))
      return FailKind(ErrorKind::kPolicy, "{}/{} is not a regular file", tree, name);
    if (!name.ends_with(".toml") || std::count(name.begin(), name.end(), '/') > 1) continue;
    const auto sha = entry.substr(0, tab).substr(entry.substr(0, tab).rfind(' ') + 1);
    files.push_back(name);
    wanted += fmt::format("{}\n", sha);
  }
  if (files.size() > kMostFiles)
    return FailKind(ErrorKind::kPolicy, "{}: more than {} policies", tree, kMostFiles);
  auto command = Git({"cat-file", "--batch"});
  command.input = wanted;
  BF_ASSIGN(const std::string batch, host::RunOk(command));
  BF_TRY(ReadBatch(batch, files, texts));
  return texts;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "bf-audit-XXXXXX").string();
    if (!error && ::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// debugfs ends with 0 whatever happens: what it says besides its version is what went wrong. That a
// user who is not root cannot give files away is none of it.
std::string ComplaintOf(std::string_view output) {
  std::string first;
  output.remove_prefix(std::min(output.find('\n'), output.size() - 1) + 1);
  while (!output.empty() && first.empty()) {
    const auto line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(line.size() + 1, output.size()));
    if (line.find("while changing ownership") == line.npos) first = line;
  }
  return first;
}

// debugfs reads the file system without mounting it, and without rights.
Result<Texts> FromImage(const std::string& where) {
  const TemporaryDirectory out;
  if (out.path().empty()) return Fail("no temporary directory can be made");
  BF_ASSIGN(
      const auto ran,
      host::Run({.argv = {"debugfs", "-R",
                          fmt::format("rdump {} {}", cli::kDefaultPolicyDir, out.path()), where}}));
  const std::string dumped = out.path() + "/policies";
  std::error_code error;
  if (!fs::is_directory(dumped, error))
    return NotThere(
        where, fmt::format("an image of a root has {}, and this has none ({})",
                           cli::kDefaultPolicyDir, ran.output.substr(0, ran.output.find('\n'))));
  if (const std::string complaint = ComplaintOf(ran.output); !complaint.empty())
    return Fail("{}: {}", where, complaint);
  Texts texts{where + ":" + cli::kDefaultPolicyDir, {}};
  BF_TRY(AddDirectory(dumped, "", texts));
  return texts;
}

}  // namespace

Result<Texts> ReadTexts(const std::string& where) {
  std::error_code error;
  const auto status = fs::status(where, error);
  Texts texts{where, {}};
  while (texts.name.size() > 1 && texts.name.ends_with('/')) texts.name.pop_back();
  if (fs::is_directory(status)) {
    BF_TRY(AddDirectory(where, "", texts));
  } else if (fs::is_regular_file(status)) {
    BF_ASSIGN(texts, FromImage(where));
  } else {
    BF_ASSIGN(texts, FromGit(where));
  }
  if (texts.files.empty()) return NotThere(where, "there is no policy in it");
  return texts;
}

}  // namespace bf::audit
