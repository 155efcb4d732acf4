// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bf::test_input {

// Reports everything that could be a key until it is killed.
int watch();

// Create a device from a description (JSON) and carry out commands from `control`, until it ends.
int uinput(const std::string& description, const std::string& control);
int uhid(const std::string& description, const std::string& control);

}  // namespace bf::test_input
