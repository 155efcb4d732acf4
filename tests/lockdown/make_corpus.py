#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_corpus.py DIR: writes the recorded devices of the tests, one JSON file each.

All of them are constructed here, in the form in which Linux 6.1 would show such devices; none was
taken from one. What `bf-lockdown devices --json` did record under Debian 12's kernel 6.1, of QEMU's
devices and of those that the kernel's own USB gadget plays, lies beside them in files called
"recorded_…", which this script leaves alone. ../umockdev has what umockdev-record made of most of those
at the same moment. All are checked in.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HOST = "/devices/pci0000:00/0000:00:04.0/usb1"
KEYBOARD_REPORT = (
    "05010906a101750195080507 19e029e71500250181029501750881019505750105081901290591029501"
    "750391019506750815 0025ff0507190029ff8100c0"
).replace(" ", "")
MOUSE_REPORT = (
    "05010902a1010901a10005091901290315002501950375018102950175058101"
    "0501093009310938 1581257f750895038106c0c0"
).replace(" ", "")
TOUCH_REPORT = (
    "050d0904a1018501050d0922a1020942150025017501950181020951250f750495018102"
    "0501093015002600407510950181020931260040810 2c0c0"
).replace(" ", "")
TABLET_REPORT = (
    "05010902a1010901a1000509190129031500250195037501810295017505810105010930093115"
    "0026ff7f350046ff7f7510950281020501093815 81257f35004500750895018106c0c0"
).replace(" ", "")

LETTERS = [*range(16, 26), *range(30, 39), *range(44, 51)]
PC_KEYS = [*range(1, 84), 85, 86, 87, 88, *range(96, 112), 113, 114, 115, 116, 117, 119, 125, 126, 127]
BTN_LEFT, BTN_TOUCH, BTN_TOOL_FINGER = 0x110, 0x14A, 0x145


def words(bits: list[int]) -> str:
    value = sum(1 << bit for bit in set(bits))
    text = []
    while value:
        text.insert(0, f"{value & 0xFFFFFFFFFFFFFFFF:x}")
        value >>= 64
    return " ".join(text) or "0"


def caps(**bits: list[int]) -> dict[str, str]:
    types = {"key": 1, "rel": 2, "abs": 3, "msc": 4, "sw": 5, "led": 17, "snd": 18, "ff": 21}
    ev = [0, *bits.pop("ev", []), *(number for name, number in types.items() if bits.get(name))]
    names = ("key", "rel", "abs", "msc", "led", "snd", "ff", "sw", "properties")
    return {"ev": words(ev)} | {name: words(bits.get(name, [])) for name in names}


KEYBOARD = caps(key=PC_KEYS, msc=[4], led=[0, 1, 2, 3, 4], ev=[20])
MOUSE = caps(key=[0x110, 0x111, 0x112], rel=[0, 1, 8, 11], msc=[4])
TOUCH = caps(key=[BTN_TOUCH], abs=[0, 1, 0x2F, 0x35, 0x36, 0x39], properties=[1])
TABLET = caps(key=[0x110, 0x111, 0x112], rel=[8, 11], abs=[0, 1], msc=[4])


def u16(value: int) -> bytes:
    return value.to_bytes(2, "little")


def code(text: str) -> bytes:
    return bytes.fromhex(text.replace("/", ""))


def configuration(interfaces: list[dict], value: int = 1) -> bytes:
    body = b""
    for number, interface in enumerate(interfaces):
        report = interface.get("report")
        body += bytes([9, 4, number, 0, 1]) + code(interface["class"]) + b"\0"
        if report is not None:
            body += bytes([9, 0x21, 0x11, 1, 0, 1, 0x22]) + u16(len(report) // 2)
        body += bytes([7, 5, 0x81 + number, 3, 8, 0, 10])
    total = 9 + len(body)
    return bytes([9, 2]) + u16(total) + bytes([len(interfaces), value, 0, 0xA0, 50]) + body


def usb(
    note: str,
    ids: str,
    name: str,
    interfaces: list[dict],
    *,
    port: str = "1-1",
    version: str = "0100",
    maker: str = "",
    serial: str = "",
    device_class: str = "00/00/00",
    in_use: bool = False,
    bound: bool = True,
    descriptors: bytes | None = None,
    configurations: int = 1,
) -> dict:
    """A USB device; each interface may have a `report` and `inputs`, as (suffix, capabilities)."""
    vendor, product = ids.split(":")
    # "1-1.4" lies in ".../usb1/1-1/1-1.4".
    bus, _, ports = port.partition("-")
    path, so_far = HOST, f"{bus}-"
    for index, part in enumerate(ports.split(".")):
        so_far += ("." if index else "") + part
        path += f"/{so_far}"
    if descriptors is None:
        descriptors = (
            bytes([18, 1, 0, 2]) + code(device_class) + bytes([64])
            + u16(int(vendor, 16)) + u16(int(product, 16)) + u16(int(version, 16))
            + bytes([1, 2, 3 if serial else 0, configurations])
        )
        for value in range(1, configurations + 1):
            descriptors += configuration(interfaces, value)
    device = {"note": note} | ({"in_use": True} if in_use else {})
    device["usb"] = {
        "name": port, "path": path, "vendor": vendor, "product": product, "version": version,
        "class": device_class, "manufacturer": maker, "device_name": name, "serial": serial,
        "descriptors": descriptors.hex(), "authorized": bound, "interfaces": [],
    }
    device["hid"], device["input"] = [], []
    node = 0
    for number, interface in enumerate(interfaces):
        if not bound:
            break
        own = f"{path}/{port}:1.{number}"
        report = interface.get("report")
        device["usb"]["interfaces"].append({
            "name": f"{port}:1.{number}", "number": number, "class": interface["class"],
            "authorized": True, "driver": "usbhid" if report is not None else "",
        })
        phys = f"usb-0000:00:04.0-{ports}/input{number}"
        full = f"{maker} {name}".strip()
        parent = own
        if report is not None:
            hid = f"0003:{vendor.upper()}:{product.upper()}.{number + 1:04X}"
            parent = f"{own}/{hid}"
            device["hid"].append({
                "name": hid, "path": parent, "bus": "0003", "vendor": vendor, "product": product,
                "device_name": full, "phys": phys, "uniq": serial, "driver": "hid-generic",
                "report_descriptor": "" if interface.get("waiting") else report,
            })
        for suffix, capabilities in interface.get("inputs", []):
            device["input"].append({
                "name": f"input{10 + node}", "path": f"{parent}/input/input{10 + node}",
                "id": f"0003:{vendor}:{product}:{interface.get('input_version', '0111')}",
                "device_name": full + suffix, "phys": phys, "uniq": serial,
                "capabilities": capabilities, "inhibited": True, "handlers": [f"event{node}"],
            })
            node += 1
    return device


def hid_device(note: str, path: str, bus: str, ids: str, name: str, report: str,
               capabilities: dict, phys: str = "") -> dict:
    vendor, product = ids.split(":")
    hid = f"{bus}:{vendor.upper()}:{product.upper()}.0007"
    return {
        "note": note,
        "hid": [{"name": hid, "path": f"{path}/{hid}", "bus": bus, "vendor": vendor,
                 "product": product, "device_name": name, "phys": phys, "uniq": "",
                 "driver": "hid-generic", "report_descriptor": report}],
        "input": [{"name": "input20", "path": f"{path}/{hid}/input/input20",
                   "id": f"{bus}:{vendor}:{product}:0001", "device_name": name, "phys": phys,
                   "uniq": "", "capabilities": capabilities, "inhibited": True,
                   "handlers": ["event6"]}],
    }


def node(note: str, path: str, ids: str, name: str, capabilities: dict, phys: str = "") -> dict:
    return {
        "note": note, "hid": [],
        "input": [{"name": "input3", "path": f"{path}/input3", "id": ids, "device_name": name,
                   "phys": phys, "uniq": "", "capabilities": capabilities, "inhibited": True,
                   "handlers": ["event3"]}],
    }


def hid(interface_class: str, report: str, *inputs: tuple[str, dict], **more: object) -> dict:
    return {"class": interface_class, "report": report, "inputs": list(inputs)} | more


def panel(note: str, **more: object) -> dict:
    interfaces = more.pop("interfaces", [hid("03/00/00", TOUCH_REPORT, ("", TOUCH))])
    more.setdefault("version", "0211")
    return usb(note, "222a:0001", "ILITEK-TP", interfaces, maker="ILITEK", **more)


def keyboard(note: str, ids: str, name: str, capabilities: dict = KEYBOARD,
             interface_class: str = "03/01/01", **more: object) -> dict:
    return usb(note, ids, name, [hid(interface_class, KEYBOARD_REPORT, ("", capabilities))], **more)


def devices() -> dict[str, dict]:
    storage = {"class": "08/06/50"}
    remote = caps(key=[*PC_KEYS, 163, 164, 165], msc=[4])
    result = {
        "panel": panel("the touch panel", in_use=True),
        "panel_other_port": panel("the touch panel on another port", port="1-2"),
        "panel_behind_hub": panel("the touch panel behind a hub", port="1-1.4"),
        "panel_waiting": panel("the touch panel before it is configured", bound=False),
        "panel_unbound_hid": panel(
            "the touch panel before its HID driver is bound",
            interfaces=[hid("03/00/00", TOUCH_REPORT, waiting=True)]),
        "panel_second_configuration": panel("a clone with a second configuration",
                                            configurations=2),
        "clone_extra_keys": panel(
            "a clone whose node has the keys of a keyboard as well",
            interfaces=[hid("03/00/00", TOUCH_REPORT,
                            ("", caps(key=[*PC_KEYS, BTN_TOUCH], abs=[0, 1, 0x2F, 0x35, 0x36, 0x39],
                                      properties=[1])))]),
        "clone_one_key": panel(
            "a clone with KEY_SYSRQ more",
            interfaces=[hid("03/00/00", TOUCH_REPORT,
                            ("", caps(key=[99, BTN_TOUCH], abs=[0, 1, 0x2F, 0x35, 0x36, 0x39],
                                      properties=[1])))]),
        "clone_keyboard_collection": panel(
            "a clone whose report descriptor has a keyboard after the panel, the same in length",
            interfaces=[hid("03/00/00", TOUCH_REPORT.replace("05010930", "05070930"), ("", TOUCH),
                            (" Keyboard", KEYBOARD))]),
        "clone_keyboard_interface": panel(
            "a clone with a keyboard on a second interface",
            interfaces=[hid("03/00/00", TOUCH_REPORT, ("", TOUCH)),
                        hid("03/01/01", KEYBOARD_REPORT, ("", KEYBOARD))]),
        "clone_version": panel("a panel of another firmware", version="0212"),
        "clone_second_node": panel(
            "a clone that makes a second node",
            interfaces=[hid("03/00/00", TOUCH_REPORT, ("", TOUCH), (" Keyboard", KEYBOARD))]),
        "qemu_keyboard": keyboard("QEMU's keyboard", "0627:0001", "QEMU USB Keyboard",
                                  maker="QEMU", serial="68284-0000:00:04.0-1"),
        "qemu_mouse": usb("QEMU's mouse", "0627:0001", "QEMU USB Mouse",
                          [hid("03/01/02", MOUSE_REPORT, ("", MOUSE))], maker="QEMU"),
        "qemu_tablet": usb("QEMU's tablet", "0627:0001", "QEMU USB Tablet",
                           [hid("03/00/00", TABLET_REPORT, ("", TABLET))], maker="QEMU"),
        "qemu_wacom": usb("QEMU's Wacom tablet", "056a:0000", "Wacom PenPartner",
                          [hid("03/01/02", MOUSE_REPORT, ("", TABLET))], maker="QEMU"),
        "keyboard_not_boot": keyboard("a keyboard without the boot protocol", "3434:0100", "Q1",
                                      interface_class="03/00/00"),
        "keyboard_30_of_31": keyboard(
            "a keyboard without KEY_D: ID_INPUT_KEYBOARD stays unset", "1209:0031", "Thirty",
            caps(key=[key for key in PC_KEYS if key != 32], msc=[4])),
        "sysrq_only": keyboard("left Alt, SysRq and B, nothing else", "1209:0003", "Boom",
                               caps(key=[56, 99, 48])),
        "barcode_scanner": keyboard("a barcode scanner", "05e0:1200", "Symbol Bar Code Scanner"),
        "mouse_with_keyboard": usb(
            "a boot mouse whose report descriptor has a keyboard collection", "1209:0102", "Mouse",
            [hid("03/01/02", MOUSE_REPORT + KEYBOARD_REPORT, ("", MOUSE), (" Keyboard", KEYBOARD))]),
        "storage_with_keyboard": usb(
            "a stick with a keyboard on interface 2", "0781:5581", "Ultra",
            [storage, {"class": "ff/00/00"}, hid("03/01/01", KEYBOARD_REPORT, ("", KEYBOARD))]),
        "storage": usb("a stick", "0781:5581", "Ultra", [storage], maker="SanDisk"),
        "name_quote": keyboard("its name ends a rule", "1209:0026", 'x", RUN+="/bin/sh'),
        "name_newline": keyboard("its name ends a line", "1209:0027", 'x\nRUN+="/bin/sh"'),
        "name_glob": usb("its name is a pattern", "1209:0028", "*?[",
                         [hid("03/00/00", TOUCH_REPORT, ("", TOUCH))]),
        "name_matched_by_glob": usb("its name fits that pattern", "1209:0028", "abc[",
                                    [hid("03/00/00", TOUCH_REPORT, ("", TOUCH))]),
        "name_backslash": usb("its name ends in a backslash", "1209:0030", "back\\slash\\",
                              [hid("03/00/00", TOUCH_REPORT, ("", TOUCH))]),
        "name_reversed": keyboard("its name reads backwards", "1209:0029", "\u202edraobyek"),
        "name_utf8": usb("its name is not ASCII", "1209:002a", "Bildschirm für Gäste",
                         [hid("03/00/00", TOUCH_REPORT, ("", TOUCH))]),
        "keys_1024": keyboard("more keys than the kernel knows", "1209:1024", "Many",
                              caps(key=list(range(1, 1024)))),
        "keys_767": keyboard("every key the kernel knows", "1209:0767", "All",
                             caps(key=list(range(1, 768)))),
        "sound_only": usb("only sound, and yet the VT takes it", "1209:0012", "Beep",
                          [hid("03/00/00", TOUCH_REPORT, ("", caps(snd=[1, 2])))]),
        "braille": keyboard("braille dots, which type on the VT", "1209:01f1", "Braille",
                            caps(key=list(range(0x1F1, 0x1FB)))),
        "gamepad": usb("a gamepad of its own class", "045e:028e", "Controller",
                       [{"class": "ff/5d/01", "inputs": [("", caps(key=list(range(0x130, 0x13F)),
                                                                   abs=[0, 1, 2, 3, 4, 5]))]}]),
        "webcam": usb("a camera with a button", "046d:0825", "Webcam C270",
                      [{"class": "0e/01/00", "inputs": [("", caps(key=[212]))]},
                       {"class": "0e/02/00"}]),
        "headset": usb("a headset with consumer keys", "047f:c025", "Headset",
                       [{"class": "01/01/00"},
                        hid("03/00/00", "050c0901a101c0", ("", caps(key=[113, 114, 115, 164])))]),
        "security_key": usb("a security key: HID without an input node", "1050:0407", "YubiKey",
                            [hid("03/00/00", "06d0f10901a101c0")]),
        "remote": usb("a remote that has a keyboard", "1997:2433", "Remote",
                      [hid("03/01/01", KEYBOARD_REPORT, ("", remote))]),
        "service_keyboard": keyboard("the keyboard of the service desk", "046d:c31c", "USB Keyboard",
                                     maker="Logitech"),
        "bluetooth_dongle": usb("a Bluetooth adapter", "0a12:0001", "", [{"class": "e0/01/01"}],
                                device_class="e0/01/01"),
        "hub": usb("a hub on a root port", "05e3:0608", "USB2.0 Hub", [{"class": "09/00/00"}],
                   device_class="09/00/01"),
        "hub_second_level": usb("a hub behind a hub", "05e3:0608", "USB2.0 Hub",
                                [{"class": "09/00/00"}], device_class="09/00/01", port="1-1.1"),
        "hub_with_keyboard": usb("a hub that has a keyboard interface", "05e3:0608", "USB2.0 Hub",
                                 [{"class": "09/00/00"},
                                  hid("03/01/01", KEYBOARD_REPORT, ("", KEYBOARD))],
                                 device_class="09/00/01"),
        "descriptors_cut": panel("descriptors that end early",
                                 descriptors=bytes.fromhex("1201000200000040" "2a220100" "1102"
                                                           "010203010902")),
        "descriptors_empty": panel("descriptors that cannot be read", descriptors=b""),
        "uhid_keyboard": hid_device("a keyboard that a program made through uhid",
                                    "/devices/virtual/misc/uhid", "0005", "046d:b342", "K380",
                                    KEYBOARD_REPORT, KEYBOARD),
        "uhid_clone": hid_device("a panel that a program made through uhid, on bus 0003",
                                 "/devices/virtual/misc/uhid", "0003", "222a:0001",
                                 "ILITEK ILITEK-TP", TOUCH_REPORT, TOUCH,
                                 "usb-0000:00:04.0-1/input0"),
        "bluetooth_keyboard": hid_device(
            "a Bluetooth keyboard", f"{HOST}/1-2/1-2:1.0/bluetooth/hci0/hci0:11", "0005",
            "05ac:0239", "Apple Wireless Keyboard", KEYBOARD_REPORT, KEYBOARD),
        "i2c_hid_panel": hid_device("a touch panel on I2C that speaks HID",
                                    "/devices/platform/axi/1f00074000.i2c/i2c-1/i2c-GXTP7386:00",
                                    "0018", "27c6:0113", "GXTP7386:00 27C6:0113", TOUCH_REPORT,
                                    TOUCH),
        "i2c_panel": node("a touch panel on I2C with a driver of its own",
                          "/devices/platform/axi/1f00074000.i2c/i2c-10/10-0038/input",
                          "0018:0000:0000:0000", "generic ft5x06 (79)", TOUCH),
        "uinput_keyboard": node("a keyboard that a program made through uinput",
                                "/devices/virtual/input", "0003:1234:5678:0001", "virtual",
                                KEYBOARD),
        "filter_output": node("what the filter of the remote gives on", "/devices/virtual/input",
                              "0006:0000:0000:0001", "BetterFrame filter remote",
                              caps(key=[114, 115, 105, 106])),
        "filter_output_forged": node("a program that calls itself the filter, with KEY_SYSRQ",
                                     "/devices/virtual/input", "0006:0000:0000:0001",
                                     "BetterFrame filter remote",
                                     caps(key=[99, 114, 115, 105, 106])),
        "power_button": node("the power button of the board", "/devices/platform/pwr_button/input",
                             "0019:0001:0001:0100", "pwr_button", caps(key=[116]),
                             "gpio-keys/input0"),
        "acpi_power_button": node("the power button of a PC", "/devices/LNXSYSTM:00/LNXPWRBN:00/input",
                                  "0019:0000:0001:0000", "Power Button", caps(key=[116]),
                                  "LNXPWRBN/button/input0"),
        "pc_speaker": node("the speaker of a PC", "/devices/platform/pcspkr/input",
                           "0010:001f:0001:0100", "PC Speaker", caps(snd=[1, 2]), "isa0061/input0"),
        "cec_remote": node("the remote of a television, through HDMI-CEC",
                           "/devices/platform/soc/107c701400.hdmi/rc/rc0", "001e:0000:0000:0001",
                           "vc4-hdmi-0", caps(key=[1, 28, 103, 105, 106, 108, 172, 174], msc=[4],
                                              rel=[0, 1], ev=[20]), "vc4-hdmi-0/input0"),
        "ir_remote": node("an infrared remote", "/devices/platform/ir-receiver@12/rc/rc1",
                          "0019:0001:0001:0100", "gpio_ir_recv", caps(key=[2, 3, 4, 116, 142])),
        "ps2_keyboard": node("a PS/2 keyboard", "/devices/platform/i8042/serio0/input",
                             "0011:0001:0001:ab41", "AT Translated Set 2 keyboard", KEYBOARD,
                             "isa0060/serio0/input0"),
        "sound_jack": node("a headphone jack, on no bus that a policy has",
                           "/devices/pci0000:00/0000:00:1b.0/sound/card0", "0000:0000:0000:0000",
                           "HDA Intel Headphone", caps(sw=[2])),
        "nothing_known": node("a node without bitmaps or name", "/devices/platform/x/input",
                              "0000:0000:0000:0000", "", {}),
    }
    return result


def main() -> int:
    out = Path(sys.argv[1])
    for name, device in devices().items():
        text = json.dumps({"schema": 1, "devices": [device]}, indent=1, ensure_ascii=False)
        (out / f"{name}.json").write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
