// SPDX-License-Identifier: Apache-2.0
// The kernel command line of a slot. The only place that makes one: the image builder and the
// slot hook of a bundle both write its result whole.
#pragma once

#include <string>
#include <string_view>

#include "core/disk/guid.h"

namespace bf::provision::layout {
struct CmdlinePolicy;
}

namespace bf::provision::image {

inline constexpr std::string_view kCmdlineName = "cmdline.txt";
// Which release a boot partition belongs to; compared with IMAGE_VERSION of the root's os-release.
inline constexpr std::string_view kRevisionKey = "bf.revision";

// What is the same in both slots: the policy's words, and the release's revision if it has one.
// The boot artifact of a bundle carries these, so that a new release brings its own.
std::string CommonWords(const layout::CmdlinePolicy& policy, std::string_view revision);

// Whether `text` can stand on a command line as a revision: one plain, short word.
bool IsRevision(std::string_view text);

// One line with a newline at its end: what differs between slots first, then the common words.
std::string MakeCmdline(std::string_view common_words, std::string_view slot,
                        const disk::Guid& root_partition);

}  // namespace bf::provision::image
