"""What is on the screen of a program, read through the accessibility bus (AT-SPI), and what a person does there."""

import os
import subprocess
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

DEADLINE_S = int(os.environ.get("PTDAP_DEADLINE_MS", "120000")) / 1000
AGAIN_S = 5         # until something is done once more that seems not to have been noticed


class Missing(Exception):
    pass


def start():
    """Only once the program has its window: Qt 5 never gets to a bus that is there, but not yet connected to, when it starts."""
    Atspi.init()
    Atspi.set_timeout(int(DEADLINE_S * 1000), int(DEADLINE_S * 1000))
    # The cache lags behind what is on the screen.
    Atspi.get_desktop(0).set_cache_mask(Atspi.Cache.NONE)

def is_window(title):
    return subprocess.run(["xdotool", "search", "--onlyvisible", "--name", title], stdout=subprocess.DEVNULL, check=False).returncode == 0


def handle_events():
    while GLib.MainContext.default().iteration(False):
        pass


def tried(probe):
    """The probe's value; None while what it looks at changes under it."""
    try:
        return probe()
    except (GLib.GError, Missing):
        return None


def waits(what, probe, again=None, alive=lambda: None):
    """Waits until the probe gives a value. `again` does once more what may have been lost."""
    end = time.monotonic() + DEADLINE_S
    repeat = time.monotonic() + AGAIN_S
    while True:
        handle_events()
        value = tried(probe)
        if value:
            return value
        alive()
        if time.monotonic() > end:
            raise Missing(f"no {what}")
        if again and time.monotonic() > repeat:
            print(f"once more for: {what}", file=sys.stderr)
            tried(again)
            repeat = time.monotonic() + AGAIN_S
        time.sleep(0.02)


def application(name):
    desktop = Atspi.get_desktop(0)
    for it in children(desktop):
        if it.get_name() == name and it.get_child_count():
            return it
    raise Missing(f"application {name}")


def children(node):
    return [it for it in (node.get_child_at_index(i) for i in range(node.get_child_count())) if it]


def below(node):
    yield node
    for child in children(node):
        yield from below(child)


def find(root, role, name=None, description=None):
    for it in below(root):
        if it.get_role_name() == role and name in (None, it.get_name()) and description in (None, it.get_description()):
            return it
    raise Missing(f"{role} {name or description or ''}")


def has(node, state):
    return node.get_state_set().contains(getattr(Atspi.StateType, state))


def is_showing(node):
    return has(node, "SHOWING")


def press(node):
    for i in range(Atspi.Action.get_n_actions(node)):
        if Atspi.Action.get_action_name(node, i) == "Press":
            Atspi.Action.do_action(node, i)
            return
    raise Missing(f"way to press {node.get_name()}")


def text(node):
    return Atspi.Text.get_text(node, 0, -1)


def fill(node, value):
    Atspi.EditableText.set_text_contents(node, value)


def fill_number(node, value):
    Atspi.Value.set_current_value(node, value)


def caret(node):
    return Atspi.Text.get_caret_offset(node)


def move_caret(node, offset):
    Atspi.Text.set_caret_offset(node, offset)


def box(node):
    it = Atspi.Component.get_extents(node, Atspi.CoordType.SCREEN)
    return it.x, it.y, it.width, it.height


def is_sized(node):
    return box(node)[2] > 0


def types(*arguments):
    subprocess.run(["xdotool", *map(str, arguments)], check=True)


def click(node, count=1):
    x, y, width, height = box(node)
    types("mousemove", x + min(20, width // 2), y + height // 2, "click", "--repeat", count, "--delay", 20, 1)


def hit_return(node):
    Atspi.Component.grab_focus(node)
    if not has(node, "FOCUSED"):
        raise Missing(f"focus on {node.get_name()}")
    types("key", "Return")


class Labels:
    """Texts that a view paints into its cells are no children of anything; they tell of themselves when they are shown."""

    shown = []

    @classmethod
    def listen(cls):
        cls.listener = Atspi.EventListener.new(cls.on_showing)
        cls.listener.register("object:state-changed:showing")

    @classmethod
    def on_showing(cls, event):
        if event.detail1 and tried(event.source.get_role_name) == "label":
            cls.shown.append(event.source)

    @classmethod
    def within(cls, cell):
        """The text of the label that covers the cell's middle."""
        left, top, width, height = box(cell)
        middle = top + height // 2
        for label in reversed(cls.shown):
            found = tried(lambda: (label.get_name(), *box(label)) if is_showing(label) else None)
            if found and left <= found[1] < left + width and found[2] <= middle < found[2] + found[4]:
                return found[0]
        return None
