// SPDX-License-Identifier: Apache-2.0
#include "provision/image/verb.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "core/policy/reader.h"
#include "provision/image/cmdline.h"
#include "provision/image/linux_host.h"
#include "provision/image/options.h"
#include "provision/image/report.h"

namespace bf::provision::image {
namespace {

Result<std::optional<std::uint64_t>> SizeOption(const cli::Invocation& invocation,
                                                const std::string& name) {
  if (!invocation.Has(name)) return std::optional<std::uint64_t>();
  const std::string text = invocation.Get(name);
  const auto size = policy::ParseSize(text);
  if (!size || *size == 0) {
    return FailKind(ErrorKind::kUsage, "{} {}: not a size; write bytes, or \"8GiB\"", name, text);
  }
  return size;
}

Result<std::string> RevisionOption(const cli::Invocation& invocation) {
  const std::string revision = invocation.Get("--revision");
  if (invocation.Has("--revision") && !IsRevision(revision)) {
    return FailKind(ErrorKind::kUsage,
                    "--revision {}: write up to 64 letters, digits and . _ + ~ - and nothing else",
                    revision);
  }
  return revision;
}

LinuxHostOptions HostOptions(cli::Invocation& invocation, const std::atomic<bool>* cancelled) {
  LinuxHostOptions options;
  options.out = invocation.Get("--out");
  options.replace = invocation.Has("--force");
  options.sync = invocation.Has("--sync");
  options.cancelled = cancelled;
  options.show = ProgressBar(invocation.streams.err, invocation.streams.err_is_terminal);
  return options;
}

void EndProgress(cli::Invocation& invocation) {
  if (invocation.streams.err_is_terminal) invocation.streams.err << "\r\x1b[K";
}

Status PrintPlan(const ImagePlan& plan, cli::Invocation& invocation) {
  if (invocation.json) {
    const nlohmann::ordered_json json = {{"schema", 1}, {"plan", plan::ToJson(plan)}};
    invocation.out() << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                     << "\n";
  } else {
    invocation.out() << plan::ToText(plan);
  }
  return {};
}

Status RunImage(cli::Invocation& invocation, const std::atomic<bool>* cancelled) {
  BF_ASSIGN(const layout::Layout layout, layout::LoadLayout(invocation.policy_dir));
  ImageRequest request;
  request.out = invocation.Get("--out");
  BF_ASSIGN(request.size, SizeOption(invocation, "--size"));
  BF_ASSIGN(const auto sector, SizeOption(invocation, "--sector-size"));
  request.sector_size =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(sector.value_or(512), 1u << 30));
  BF_ASSIGN(request.revision, RevisionOption(invocation));
  BF_ASSIGN(const ImageFacts facts,
            ObserveImage(invocation.Get("--boot"), invocation.Get("--root")));
  BF_ASSIGN(const ImagePlan plan, PlanImage(layout, facts, request));
  if (invocation.dry_run) return PrintPlan(plan, invocation);

  LinuxImageHost host(HostOptions(invocation, cancelled));
  const auto allocated = ApplyImage(plan, host);
  EndProgress(invocation);
  if (!allocated) return Failure(allocated.error());
  const Made made{request.out, std::get<WriteTable>(plan.front().action).disk_size, *allocated};
  invocation.out() << (invocation.json ? JsonReport(plan, made) : TextReport(plan, made));
  return {};
}

Status RunRootfs(cli::Invocation& invocation, const std::atomic<bool>* cancelled) {
  RootRequest request;
  request.out = invocation.Get("--out");
  BF_ASSIGN(const auto size, SizeOption(invocation, "--size"));
  if (size) {
    request.size = *size;
  } else {
    BF_ASSIGN(const layout::Layout layout, layout::LoadLayout(invocation.policy_dir));
    request.size = layout.Get(layout::Role::kRoot, layout::Slot::kA).size.value;
  }
  if (request.size % layout::kAlignment != 0) {
    return FailKind(ErrorKind::kUsage, "--size {} is not a multiple of 1MiB", request.size);
  }
  BF_ASSIGN(const std::optional<std::int64_t> epoch, SourceDateEpoch());
  BF_ASSIGN(const RootFacts facts, ObserveRoot(invocation.Get("--root")));
  if (facts.kind == RootKind::kExt4) {
    return FailKind(ErrorKind::kUsage, "{} is an ext4 image already", facts.path);
  }
  const std::int64_t time = epoch.value_or(static_cast<std::int64_t>(std::time(nullptr)));
  BF_ASSIGN(const WriteRoot action, PlanRoot(facts, time, request));
  if (invocation.dry_run) {
    return PrintPlan(ImagePlan{{action, {}}}, invocation);
  }
  LinuxImageHost host(HostOptions(invocation, cancelled));
  const auto allocated = ApplyRoot(action, host);
  EndProgress(invocation);
  if (!allocated) return Failure(allocated.error());
  const Made made{request.out, request.size, *allocated};
  if (invocation.json) {
    invocation.out() << JsonReport(action, made);
  } else {
    invocation.out() << fmt::format("{}: ext4, {}, {} of it in use, UUID={}\n", made.out,
                                    policy::FormatSize(made.size),
                                    policy::FormatSize(made.allocated), action.uuid.ToString());
  }
  return {};
}

Status RunBootfs(cli::Invocation& invocation, const std::atomic<bool>* cancelled) {
  BF_ASSIGN(const layout::Layout layout, layout::LoadLayout(invocation.policy_dir));
  ImageRequest request;
  request.out = invocation.Get("--out");
  BF_ASSIGN(request.revision, RevisionOption(invocation));
  BF_ASSIGN(const std::optional<std::int64_t> epoch, SourceDateEpoch());
  BF_ASSIGN(const BootFacts boot, ObserveBoot(invocation.Get("--boot")));
  const std::int64_t time = epoch.value_or(static_cast<std::int64_t>(std::time(nullptr)));
  BF_ASSIGN(const WriteFat action, PlanBoot(layout, boot, time, request));
  if (invocation.dry_run) return PrintPlan(ImagePlan{{action, {}}}, invocation);
  LinuxImageHost host(HostOptions(invocation, cancelled));
  const auto allocated = ApplyBoot(action, host);
  EndProgress(invocation);
  if (!allocated) return Failure(allocated.error());
  const Made made{request.out, action.extent.size, *allocated};
  if (invocation.json) {
    invocation.out() << JsonReport(action, made);
  } else {
    invocation.out() << fmt::format("{}: FAT, {}, {} file{} and {}\n", made.out,
                                    policy::FormatSize(made.size), action.source_files,
                                    action.source_files == 1 ? "" : "s", kCmdlineName);
  }
  return {};
}

}  // namespace

cli::Tool ImageTool(const std::atomic<bool>* cancelled) {
  cli::Tool tool;
  tool.name = "bf-provision";
  tool.summary = "make factory images";
  cli::Verb image = ImageVerbTable();
  image.run = [cancelled](cli::Invocation& invocation) { return RunImage(invocation, cancelled); };
  cli::Verb rootfs = RootfsVerbTable();
  rootfs.run = [cancelled](cli::Invocation& invocation) {
    return RunRootfs(invocation, cancelled);
  };
  cli::Verb bootfs = BootfsVerbTable();
  bootfs.run = [cancelled](cli::Invocation& invocation) {
    return RunBootfs(invocation, cancelled);
  };
  tool.verbs = {std::move(image), std::move(rootfs), std::move(bootfs)};
  return tool;
}

}  // namespace bf::provision::image
