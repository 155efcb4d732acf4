# SPDX-License-Identifier: Apache-2.0
"""Shows a page in WebKitGTK until its script has set the title, and prints that."""
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2  # noqa: E402

view = WebKit2.WebView()
window = Gtk.Window()
window.add(view)


def on_title(*_):
    if (view.get_title() or "").startswith("sum"):
        print(view.get_title(), flush=True)
        Gtk.main_quit()


view.connect("notify::title", on_title)
view.load_uri(f"file://{sys.argv[1]}")
window.show_all()
Gtk.main()
