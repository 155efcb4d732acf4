// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/input.h>
#include <linux/uhid.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/report.h"
#include "tests/device/guest_tools/script.h"
#include "tests/device/guest_tools/verbs.h"

namespace bf::test_input {
namespace {

// By address, because the kernel's structures are packed.
void copy(void* to, std::size_t room, const std::string& from) {
  std::memcpy(to, from.data(), std::min(from.size(), room));
}

// A device of the HID layer, with whatever report descriptor it is given.
class HidDevice {
 public:
  HidDevice(Loop& loop, Report report)
      : report_(std::move(report)), fd_(open("/dev/uhid", O_RDWR | O_NONBLOCK | O_CLOEXEC)) {
    if (fd_ < 0) die("/dev/uhid");
    loop.add(fd_, [this] { answer(); });
  }

  void create(const Json& description) {
    uhid_event event{};
    event.type = UHID_CREATE2;
    uhid_create2_req& request = event.u.create2;
    copy(&request.name, sizeof request.name - 1, bytes_of(description, "name"));
    copy(&request.phys, sizeof request.phys - 1, bytes_of(description, "phys"));
    copy(&request.uniq, sizeof request.uniq - 1, bytes_of(description, "uniq"));
    const std::string descriptor = from_hex(description.value("report_descriptor", std::string()));
    copy(&request.rd_data, sizeof request.rd_data, descriptor);
    request.rd_size = static_cast<__u16>(std::min(descriptor.size(), sizeof request.rd_data));
    request.bus = static_cast<__u16>(description.value("bus", int{BUS_USB}));
    request.vendor = description.value("vendor", 0U);
    request.product = description.value("product", 0U);
    request.version = description.value("version", 0U);
    request.country = description.value("country", 0U);
    if (!send(event)) die("UHID_CREATE2");
    say("created");
  }

  void destroy() {
    uhid_event event{};
    event.type = UHID_DESTROY;
    send(event);
    say("destroyed");
  }

  void input(const std::string& bytes) {
    uhid_event event{};
    event.type = UHID_INPUT2;
    copy(&event.u.input2.data, sizeof event.u.input2.data, bytes);
    event.u.input2.size = static_cast<__u16>(bytes.size());
    // Refused while no driver is bound.
    ++(send(event) ? accepted_ : refused_);
  }

  void count() {
    report_(
        {{"event", "reports"}, {"accepted", accepted_}, {"refused", refused_}, {"t", now_ms()}});
  }

 private:
  bool send(const uhid_event& event) { return write(fd_, &event, sizeof event) >= 0; }
  void say(const char* what) { report_({{"event", what}, {"t", now_ms()}}); }

  void answer() {
    uhid_event event{};
    if (read(fd_, &event, sizeof event) <= 0) return;
    uhid_event reply{};
    switch (event.type) {
      case UHID_START:
        return say("started");
      case UHID_STOP:
        return say("stopped");
      case UHID_OPEN:
        return say("opened");
      case UHID_CLOSE:
        return say("closed");
      case UHID_GET_REPORT:  // or the kernel waits five seconds for it
        reply.type = UHID_GET_REPORT_REPLY;
        reply.u.get_report_reply.id = event.u.get_report.id;
        reply.u.get_report_reply.err = EIO;
        break;
      case UHID_SET_REPORT:
        reply.type = UHID_SET_REPORT_REPLY;
        reply.u.set_report_reply.id = event.u.set_report.id;
        reply.u.set_report_reply.err = EIO;
        break;
      default:
        return;
    }
    send(reply);
  }

  Report report_;
  int fd_;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace

int uhid(const std::string& file, const std::string& control) {
  const Json descriptions = read_descriptions(file);
  Loop loop;
  const Report report = report_to_watch();
  HidDevice device(loop, report);
  Script script(
      loop, report,
      {{"create",  // create NUMBER, as counted from 0 in the file
        [&](const Script::Words& words) {
          device.create(descriptions.at(static_cast<std::size_t>(std::stoi(words.at(1)))));
        }},
       {"destroy", [&](const Script::Words&) { device.destroy(); }},
       {"report", [&](const Script::Words& words) { device.input(from_hex(words.at(1))); }},
       {"count", [&](const Script::Words&) { device.count(); }}});
  script.follow(control);
  loop.run();
  return 0;
}

}  // namespace bf::test_input
