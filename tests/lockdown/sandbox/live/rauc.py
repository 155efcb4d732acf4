# SPDX-License-Identifier: Apache-2.0
"""Stands for RAUC's service on the bus whose address is its argument; says "ready" once it is there."""

import sys

from gi.repository import Gio, GLib

INTERFACE = """<node><interface name="de.pengutronix.rauc.Installer"><method name="Install">
<arg type="s" direction="in"/></method></interface></node>"""


def called(_bus, _sender, _path, _interface, method, arguments, invocation):
    print(method, arguments.unpack()[0], flush=True)
    invocation.return_value(None)


bus = Gio.DBusConnection.new_for_address_sync(
    sys.argv[1], Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
    | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
bus.register_object("/", Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], called, None, None)
bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
              GLib.Variant("(su)", ("de.pengutronix.rauc", 0)), None, 0, -1, None)
print("ready", flush=True)
GLib.MainLoop().run()
