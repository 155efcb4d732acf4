// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/uinput.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/report.h"
#include "tests/device/guest_tools/script.h"
#include "tests/device/guest_tools/verbs.h"

namespace bf::test_input {
namespace {

void set_bits(int fd, const Json& description, const char* name, int type, unsigned long request) {
  if (!description.contains(name)) return;
  if (type >= 0) ioctl(fd, UI_SET_EVBIT, type);
  for (const Json& code : description[name]) {
    if (ioctl(fd, request, code.get<int>()) != 0) die(name);
  }
}

void set_axes(int fd, const Json& description) {
  if (!description.contains("abs")) return;
  ioctl(fd, UI_SET_EVBIT, EV_ABS);
  for (const auto& [code, range] : description["abs"].items()) {
    uinput_abs_setup axis{};
    axis.code = static_cast<__u16>(std::atoi(code.c_str()));
    axis.absinfo.minimum = range.at(0).get<int>();
    axis.absinfo.maximum = range.at(1).get<int>();
    if (ioctl(fd, UI_ABS_SETUP, &axis) != 0) die("UI_ABS_SETUP");
  }
}

int create(const Json& description) {
  const int fd = open("/dev/uinput", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) die("/dev/uinput");
  set_bits(fd, description, "keys", EV_KEY, UI_SET_KEYBIT);
  set_bits(fd, description, "rel", EV_REL, UI_SET_RELBIT);
  set_bits(fd, description, "switches", EV_SW, UI_SET_SWBIT);
  set_bits(fd, description, "sounds", EV_SND, UI_SET_SNDBIT);
  set_bits(fd, description, "leds", EV_LED, UI_SET_LEDBIT);
  set_bits(fd, description, "properties", -1, UI_SET_PROPBIT);
  set_axes(fd, description);
  if (const std::string phys = bytes_of(description, "phys"); !phys.empty()) {
    ioctl(fd, UI_SET_PHYS, phys.c_str());
  }
  uinput_setup setup{};
  setup.id.bustype = static_cast<__u16>(description.value("bus", int{BUS_VIRTUAL}));
  setup.id.vendor = static_cast<__u16>(description.value("vendor", 0));
  setup.id.product = static_cast<__u16>(description.value("product", 0));
  setup.id.version = static_cast<__u16>(description.value("version", 0));
  const std::string name = bytes_of(description, "name");
  std::memcpy(setup.name, name.data(), std::min(name.size(), sizeof setup.name - 1));
  if (ioctl(fd, UI_DEV_SETUP, &setup) != 0 || ioctl(fd, UI_DEV_CREATE) != 0) die("uinput");
  return fd;
}

void emit(int fd, int type, int code, int value) {
  input_event event{};
  event.type = static_cast<__u16>(type);
  event.code = static_cast<__u16>(code);
  event.value = value;
  if (write(fd, &event, sizeof event) < 0) die("uinput event");
}

}  // namespace

int uinput(const std::string& file, const std::string& control) {
  const Json descriptions = read_descriptions(file);
  Loop loop;
  const Report report = report_to_watch();
  int fd = -1;
  Script script(loop, report,
                {{"create",  // create NUMBER, as counted from 0 in the file
                  [&](const Script::Words& words) {
                    fd = create(descriptions.at(static_cast<std::size_t>(std::stoi(words.at(1)))));
                    report({{"event", "created"}, {"t", now_ms()}});
                  }},
                 {"destroy",
                  [&](const Script::Words&) {
                    close(fd);
                    report({{"event", "destroyed"}, {"t", now_ms()}});
                  }},
                 {"event",  // event TYPE CODE VALUE, without a SYN_REPORT
                  [&](const Script::Words& words) {
                    emit(fd, std::stoi(words.at(1)), std::stoi(words.at(2)),
                         std::stoi(words.at(3)));
                  }},
                 {"key",  // key CODE VALUE
                  [&](const Script::Words& words) {
                    emit(fd, EV_KEY, std::stoi(words.at(1)), std::stoi(words.at(2)));
                    emit(fd, EV_SYN, SYN_REPORT, 0);
                  }}});
  script.follow(control);
  loop.run();
  return 0;
}

}  // namespace bf::test_input
