"""A terminal for the tests: terminal.py ROWS COLUMNS ARGUMENT... runs the command in a pseudo terminal of its own.

Takes a JSON object a line: {"type": text} is typed, {"resize": [rows, columns]}, {"hangup": true}.
Says {"text": ...} for what is written to the terminal, and at last {"exit": status as waitpid has it}.
"""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios


def resize(master, rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def obey(master, line):
    order = json.loads(line)
    if "type" in order:
        os.write(master, order["type"].encode())
    elif "resize" in order:
        resize(master, *order["resize"])
    return "hangup" in order


def relay(master):
    """Until nobody has the terminal open any more, or the user closes it."""
    pending = b""
    while True:
        ready, _, _ = select.select([master, 0], [], [])
        if master in ready:
            try:
                text = os.read(master, 65536)
            except OSError:   # EIO
                return
            if not text:
                return
            say({"text": text.decode("utf-8", "replace")})
        if 0 in ready:
            received = os.read(0, 65536)
            if not received:
                return
            *lines, pending = (pending + received).split(b"\n")
            if any([obey(master, line) for line in lines]):
                return


def main():
    rows, columns, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    go, tell = os.pipe()
    pid, master = pty.fork()
    if pid == 0:
        os.close(tell)
        os.read(go, 1)   # the size is set first
        os.environ["PTDAP_TEST_MARK"] = os.environ.pop("MARK_OF_THE_TEST", "")
        os.execvp(command[0], command)
    resize(master, rows, columns)
    os.write(tell, b"x")
    relay(master)
    os.close(master)
    say({"exit": os.waitpid(pid, 0)[1]})


main()
