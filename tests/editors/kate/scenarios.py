"""Kate with ptdap, as a person uses it. kate.test.mjs names one scenario for each Kate."""

import os
import re
import subprocess
import sys

import screen
from screen import children, click, fill, find, has, is_showing, press, text

PROJECT = os.environ["PROJECT"]
STEPS = os.path.join(PROJECT, "steps.c")
SYSCALLS = os.path.join(PROJECT, "makes_syscalls.c")
WAITS = os.path.join(PROJECT, "waits_for_signal.c")


def program(source):
    return source.removesuffix(".c")


def line(source, mark):
    """The line of a source that ends in the comment."""
    with open(source, encoding="utf-8") as file:
        return next(number for number, it in enumerate(file, 1) if it.rstrip().endswith(f"// {mark}"))


def equals(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} instead of {wanted!r}")


class Kate:
    started = []

    def __init__(self, source):
        Kate.started.append(self)
        self.source = source
        self.process = subprocess.Popen(["kate", "--start", "debugging", source], cwd=PROJECT)
        self.window = self.output_area = None
        self.waits("window of Kate", lambda: screen.is_window(f"debugging: {os.path.basename(source)}"))
        screen.start()
        self.window = self.waits("Kate at the accessibility bus", lambda: find(screen.application("kate"), "frame"))
        self.waits("source", lambda: text(self.editor()))
        self.menu_bar = find(self.window, "menu bar")
        self.actions = {it.get_name(): it for it in screen.below(find(self.menu_bar, "menu item", "Debug"))}
        # A key that gets lost, because a stop has moved the focus just then, must not change the text.
        press(find(self.menu_bar, "menu item", "Read Only Mode"))
        for view in ("Debug", "Locals and Stack"):
            press(find(self.menu_bar, "menu item", f"Show {view}"))
        self.output_page, self.settings_page = self.waits("debug view", self.pages)
        self.output_area = find(self.output_page, "text")
        self.command_line = find(find(self.output_page, "combo box"), "text")
        self.symbols = self.waits("view of symbols", lambda: self.tree("Symbol"))
        self.frames = self.waits("view of frames", lambda: self.tree("Nr"))
        self.heard = 0

    def waits(self, what, probe, again=None):
        def alive():
            if self.process.poll() is not None:
                raise AssertionError(f"Kate has ended ({self.process.returncode}) before there was: {what}")
        return screen.waits(what, probe, again, alive)

    def pages(self):
        tabs = find(self.window, "page tab", "GDB Output").get_parent()
        stack = next(it for it in children(tabs.get_parent()) if it.get_role_name() == "layered pane")
        return children(stack)[:2] if is_showing(tabs) else None

    def tree(self, header):
        tree = find(self.window, "table column header", header).get_parent()
        return tree if is_showing(tree) else None

    def editor(self):
        return find(self.window, "text", os.path.basename(self.source))

    # ---- what a person does

    def choose(self, combo, item):
        def pick():
            entry = find(combo, "list item", item)
            if not screen.is_sized(find(combo, "list")):
                press(combo)
            self.waits(f"list with {item}", lambda: screen.is_sized(find(combo, "list")))
            click(entry)
        if combo.get_name() != item:
            pick()
            self.waits(f"choice of {item}", lambda: combo.get_name() == item, pick)

    def target(self, name, pid=None):
        # A wish for events that comes while Kate gets to the bus may be lost.
        screen.Labels.listen()
        press(find(self.window, "page tab", "Settings"))
        self.waits("page of settings and its labels", lambda: is_showing(self.settings_page) and screen.Labels.shown, self.shows_settings_anew)
        self.choose(children(self.settings_page)[0], name)
        if pid:
            screen.fill_number(find(self.settings_page, "spin button", "Process Id:"), pid)
            return
        # The label "Executable:" belongs to another field, so the right one has no name.
        executable, directory, arguments = (it for it in children(self.settings_page) if it.get_role_name() == "text")
        equals([it.get_name() for it in (directory, arguments)], ["Working Directory:", "Arguments:"], "fields")
        fill(executable, program(self.source))
        fill(directory, PROJECT)

    def shows_settings_anew(self):
        screen.Labels.listen()
        for name in ("GDB Output", "Settings"):
            press(find(self.window, "page tab", name))

    def does(self, action):
        it = self.actions[action]
        self.waits(f"action {action}", lambda: has(it, "ENABLED"))
        press(it)

    def starts(self):
        self.does("Start Debugging")
        self.heard = 0      # Kate has cleared the output
        self.says(r"\*\*\* waiting for user actions \*\*\*")

    def types(self, command):
        """Into the command line below the output; it is empty once the command was taken."""
        fill(self.command_line, command)
        screen.tried(lambda: screen.hit_return(self.command_line))
        self.waits(f"empty command line after {command}", lambda: not text(self.command_line), lambda: screen.hit_return(self.command_line))
        self.says(re.escape(f"(dap) {command}"))

    def toggles_breakpoint(self, number):
        screen.move_caret(self.editor(), sum(len(it) + 1 for it in text(self.editor()).split("\n")[:number - 1]))
        self.stands_at(number)
        self.does("Toggle Breakpoint / Break")
        self.says(rf"breakpoint set {re.escape(self.source)}:{number}\n")

    def goes_to_frame(self, number):
        click(children(self.frames)[3 + 3 * number + 2], 2)

    def quits(self):
        press(find(self.menu_bar, "menu item", "Quit"))
        equals(self.process.wait(screen.DEADLINE_S), 0, "status of Kate")

    # ---- what is to be seen

    def says(self, pattern):
        """Waits for what the output says behind what was heard last."""
        def said():
            found = re.compile(pattern).search(text(self.output_area), self.heard)
            self.heard = found.end() if found else self.heard
            return found
        return self.waits(f"output {pattern!r}", said)

    def stands_at(self, number):
        self.waits(f"caret at line {number}", lambda: text(self.editor())[:screen.caret(self.editor())].count("\n") + 1 == number)

    def stops(self, reason, function, mark):
        number = line(self.source, mark)
        self.says(rf"stopped \({reason}\)\.")
        self.says(rf"Current frame \[0\]: {re.escape(self.source)}:{number} \({function}\)")
        self.stands_at(number)

    def evaluates(self, expression, pattern):
        self.types(f"p {expression}")
        self.says(re.escape(f"({expression}) = ") + f"(?:{pattern})(?:\n|$)")

    def shows_stack(self, first, *wanted):
        """The texts of the frames from `first` on; a text is the last word of `NAME at FILE:LINE`."""
        def texts():
            cells = [it.get_name() for it in children(self.frames)[3:]]
            return [it.strip() for it in cells[2::3]]
        self.waits(f"stack {wanted}", lambda: texts()[first:first + len(wanted)] == list(wanted))

    def scope(self):
        return find(self.symbols.get_parent(), "combo box")

    def shows_symbols(self, scope, **wanted):
        """The scope's name above the symbols, and values among them."""
        def values():
            cells = children(self.symbols)[2:]
            return {cells[i].get_name(): screen.Labels.within(cells[i + 1]) for i in range(0, len(cells), 2)}
        self.waits(f"symbols {scope} {wanted}", lambda: self.scope().get_name() == scope and wanted.items() <= values().items())

    def shows_names(self, *wanted):
        self.waits(f"names {wanted}", lambda: set(wanted) <= {it.get_name() for it in children(self.symbols)})

    def ends(self, code):
        self.says(rf"program exited with code {code}\n")
        self.says(r"connection with server closed")
        self.waits("end of the processes", lambda: not debuggees())

    def tells(self):
        """For a test that fails: what is on the screen."""
        print(f"--- output\n{self.output_area and screen.tried(lambda: text(self.output_area))}\n--- shown", file=sys.stderr)
        for it in screen.Labels.shown:
            print("label", screen.tried(lambda: (it.get_name(), screen.box(it), is_showing(it))), file=sys.stderr)
        for it in screen.below(self.window) if self.window else []:
            if screen.tried(lambda: is_showing(it) and it.get_name()):
                print(f"{it.get_role_name()}: {it.get_name()} {screen.box(it)}", file=sys.stderr)


def debuggees():
    """The adapter and the programs in the project, as far as this test has started them."""
    mark = f"PTDAP_TEST_MARK={os.environ['PTDAP_TEST_MARK']}".encode()
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                is_ours = mark in file.read().split(b"\0")
            if is_ours and os.readlink(f"/proc/{pid}/exe").startswith((os.environ["PTDAP"], PROJECT)):
                found.append(int(pid))
        except OSError:
            pass
    return found


# ---- scenarios

def stopped_in_twice():
    kate = Kate(STEPS)
    kate.target("ptdap | launch")
    kate.starts()
    kate.toggles_breakpoint(line(STEPS, "in twice"))
    kate.does("Continue")
    kate.stops("breakpoint", "twice", "in twice")
    return kate


def launch():
    kate = stopped_in_twice()
    kate.shows_stack(0, f"{STEPS}:{line(STEPS, 'in twice')}", f"{STEPS}:{line(STEPS, 'calls twice')}")
    kate.shows_symbols("Locals", x="21")
    kate.evaluates("x * 2 + 1", "43")
    kate.evaluates("$rip", r"0x[0-9a-f]+ <twice\+\d+>")
    kate.does("Step Over")
    kate.stops("step", "twice", "end of twice")
    kate.shows_symbols("Locals", x="21", result="42")
    kate.choose(kate.scope(), "Registers")
    kate.shows_names("General", "Flags")
    kate.does("Step Out")
    kate.stops("step", "main", "calls twice")
    kate.does("Step Over")
    kate.stops("step", "main", "calls factorial")
    kate.shows_symbols("Locals", sum="42")
    kate.does("Step In")
    kate.stops("step", "factorial", "test")
    kate.does("Continue")
    kate.says("after the loop\n")
    kate.ends(0)
    kate.quits()


def condition():
    kate = Kate(STEPS)
    kate.target("ptdap | launch")
    kate.starts()
    kate.types(f"b {line(STEPS, 'recurses')} when {{n == 3}} on steps.c")
    kate.says(rf"breakpoint set {re.escape(STEPS)}:{line(STEPS, 'recurses')}\n")
    kate.does("Continue")
    kate.stops("breakpoint", "factorial", "recurses")
    kate.evaluates("n", "3")
    kate.evaluates("nothing", "<not evaluated>")
    kate.does("Continue")
    kate.ends(0)
    kate.quits()


def syscalls():
    kate = Kate(SYSCALLS)
    kate.target("ptdap | failing calls")
    kate.starts()
    kate.does("Continue")
    kate.says(r'stopped \(syscall\)\. \(openat\(.*"/no/such/file".* = -1 ENOENT ')
    kate.shows_symbols("Syscall", name="openat", pathname='"/no/such/file"')
    kate.shows_stack(0, "syscall", f"{SYSCALLS}:{line(SYSCALLS, 'fails')}")
    kate.evaluates("$errno", "ENOENT.*")
    kate.goes_to_frame(1)
    kate.says(rf"Current frame \[1\]: {re.escape(SYSCALLS)}:{line(SYSCALLS, 'fails')} \(main\)")
    kate.stands_at(line(SYSCALLS, "fails"))
    kate.does("Continue")
    kate.says("hello\n")
    kate.ends(0)
    kate.quits()


def stop():
    kate = stopped_in_twice()
    kate.does("Kill / Stop Debugging")
    kate.ends(143)
    # The session stays for a look until it is stopped once more.
    kate.does("Kill / Stop Debugging")
    kate.waits("action Continue is off", lambda: not has(kate.actions["Continue"], "ENABLED"))
    kate.starts()
    kate.quits()
    equals(debuggees(), [], "processes left behind")


def stop_running():
    kate = Kate(WAITS)
    kate.target("ptdap | launch")
    kate.starts()
    kate.does("Continue")
    kate.says("ready\n")
    kate.does("Kill / Stop Debugging")
    kate.says(r"stopped \(pause\)\.")
    kate.does("Kill / Stop Debugging")
    kate.ends(7)
    kate.quits()


def attach():
    pid = int(os.environ["VICTIM"])
    kate = Kate(STEPS)
    kate.target("ptdap | attach", pid=pid)
    kate.starts()
    kate.does("Continue")
    kate.says(r"\(running\)")
    kate.types(f"s {pid}")
    kate.says(r"stopped \(pause\)\.")
    kate.waits("frame of the program", lambda: any("/runs_threads.c:" in it.get_name() for it in children(kate.frames)))
    kate.quits()


SCENARIOS = [launch, condition, syscalls, stop, stop_running, attach]


def main():
    scenario = next(it for it in SCENARIOS if it.__name__ == sys.argv[1])
    try:
        scenario()
    except BaseException:
        for kate in Kate.started:
            kate.tells()
        raise
    finally:
        for kate in Kate.started:
            kate.process.kill()
            kate.process.wait()


if __name__ == "__main__":
    main()
