// SPDX-License-Identifier: Apache-2.0
// What is in effect on a machine, as plain facts: one struct for each source. Everything starts as
// "not read", so that what a reader forgets or cannot read is never taken for shut.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lockdown/device/device.h"

namespace bf::lockdown::check {

inline constexpr std::string_view kNotRead = "not read";

// A file with a text, or why there is none.
struct File {
  enum class State { kRead, kAbsent, kUnreadable };
  State state = State::kUnreadable;
  std::string text;  // of attributes without the newline at the end
  std::string problem{kNotRead};

  bool read() const { return state == State::kRead; }
  bool absent() const { return state == State::kAbsent; }
};

// Things of one kind, all of them, or why not.
template <class T>
struct Seen {
  std::vector<T> items;
  std::string problem{kNotRead};  // "" when all were read

  bool read() const { return problem.empty(); }
};

// Attributes of the kernel that rows ask for; each is in Facts::attributes.
inline constexpr std::string_view kCommandLine = "/proc/cmdline";
inline constexpr std::string_view kSysrq = "/proc/sys/kernel/sysrq";
inline constexpr std::string_view kSysrqReset = "/sys/module/sysrq/parameters/reset_seq";
inline constexpr std::string_view kSysrqResetTree =
    "/proc/device-tree/chosen/linux,sysrq-reset-seq/keyset";
inline constexpr std::string_view kCtrlAltDel = "/proc/sys/kernel/ctrl-alt-del";
inline constexpr std::string_view kConsoles = "/proc/consoles";
inline constexpr std::string_view kKgdb = "/sys/module/kgdboc/parameters/kgdboc";
inline constexpr std::string_view kTiocsti = "/proc/sys/dev/tty/legacy_tiocsti";
inline constexpr std::string_view kHidAutoprobe = "/sys/bus/hid/drivers_autoprobe";
inline constexpr std::string_view kUsbDefault = "/sys/module/usbcore/parameters/authorized_default";
inline constexpr std::string_view kModprobe = "/proc/sys/kernel/modprobe";
inline constexpr std::string_view kBluetoothInput =
    "/usr/share/betterframe/lockdown/bluetooth-input.conf";
inline constexpr std::string_view kBluetoothMain =
    "/usr/share/betterframe/lockdown/bluetooth-main.conf";
inline constexpr std::string_view kAttributes[] = {
    kCommandLine, kSysrq,          kSysrqReset,   kSysrqResetTree, kCtrlAltDel,
    kConsoles,    kKgdb,           kTiocsti,      kHidAutoprobe,   kUsbDefault,
    kModprobe,    kBluetoothInput, kBluetoothMain};

inline constexpr std::string_view kStageFile = "/run/betterframe/lockdown.json";

// A device node, or a file such as /proc/sysrq-trigger whose permissions count.
struct Node {
  std::string path;
  unsigned mode = 0;
  unsigned uid = 0;
  unsigned gid = 0;
  bool acl = false;               // it has an access control list besides its mode
  std::vector<std::string> tags;  // that udev's database gives it now
  std::string problem;            // what of this could not be read

  bool operator==(const Node&) const = default;
};

// A configuration file in effect; lists of them are in the order in which they are applied.
struct ConfigFile {
  std::string path;
  std::string text;
};

// A unit as the files in effect make it.
struct Unit {
  std::string name;
  std::string path;  // of the file in effect; "" for none
  bool masked = false;
  std::vector<ConfigFile> files;       // that file and its drop-ins
  std::vector<std::string> wanted_by;  // symlinks in *.wants and *.requires
  std::vector<std::string> running;    // its control groups; more than one is somebody's trick
};

struct Keymap {
  bool present = false;    // the kernel has virtual terminals
  unsigned switches = 0;   // keys that switch to another
  unsigned attention = 0;  // secure attention keys
  std::string problem{kNotRead};
};

struct RootHub {
  std::string name;  // "usb1"
  File authorized_default;
  File interface_authorized_default;
};

struct SerioPort {
  std::string name;    // "serio0"
  std::string driver;  // "" for none
};

// A file that the policy compiles to, as it is installed.
struct Installed {
  std::string path;
  File file;
  bool link = false;
  std::vector<std::string> others;  // files that hide it or add to it
};

struct Modules {
  std::vector<std::string> loaded;  // or built in
  std::vector<std::string> built_in;
  std::vector<ConfigFile> modprobe;  // modprobe.d
  std::string problem{kNotRead};
};

// Whoever listens where a Wayland compositor would.
struct Compositor {
  std::string socket;                // its path
  std::vector<std::string> globals;  // interfaces that it offers a client
  std::string problem;               // why they could not be had
};

// A process of a service.
struct Process {
  std::string pid;
  File status;  // /proc/PID/status, or that of a thread where the first one has ended
};

// A service that is to run in a sandbox, and what runs of it.
struct Service {
  Unit unit;
  std::vector<Process> processes;
  std::string problem;  // what of them could not be seen
};

// A compiled profile, by the name of its file.
struct SandboxFile {
  std::string profile;
  File file;
};

struct Facts {
  std::map<std::string, File, std::less<>> attributes;
  std::map<std::string, unsigned, std::less<>> groups;
  Node sysrq_trigger;
  bool sysrq_trigger_present = true;
  Seen<Node> nodes;  // /dev/input/*, /dev/hidraw*, /dev/uinput, /dev/uhid, /dev/cec*, /dev/lirc*
  Modules modules;
  Seen<ConfigFile> logind;
  Seen<ConfigFile> system;
  std::map<std::string, Unit, std::less<>> units;  // kUnits
  Seen<Unit> gettys;                               // wanted or running, of whatever kind
  Keymap keymap;
  Seen<Compositor> compositors;
  Seen<RootHub> root_hubs;
  Seen<SerioPort> serio;
  Seen<device::Device> devices;
  Seen<ConfigFile> rules;     // udev's, in the order in which they are read
  Seen<Installed> installed;  // one for each fragment that was asked for
  Seen<SandboxFile> sandbox_files;
  // System calls for which libseccomp has no name: a build for another architecture leaves what
  // denies them to the default.
  std::vector<std::string_view> unnamed;
  Seen<Service> services;    // those of units/sandboxed.h
  File stage;                // what `apply` left in /run/betterframe
  bool maintenance = false;  // a maintenance window is open
  std::string maintenance_problem{kNotRead};

  // An attribute that nobody read is unreadable.
  const File& At(std::string_view path) const;
  const Unit* FindUnit(std::string_view name) const;
};

// Units that rows ask for.
inline constexpr std::string_view kUnits[] = {"ctrl-alt-del.target", "autovt@.service",
                                              "debug-shell.service", "emergency.service",
                                              "rescue.service",      "bluetooth.service"};

}  // namespace bf::lockdown::check
