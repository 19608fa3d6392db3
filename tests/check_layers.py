#!/usr/bin/env python3
"""Who may include whom, and who may call what (docs/architecture.md).

check_layers.py [ROOT]     names every breach; status 1 if there is one
check_layers.py --self-test
"""
import os
import re
import sys
import tempfile

# Layer (a folder) -> folders whose headers it may include, besides its own. Longest folder wins.
LAYERS = {
    "base": [],
    "dap": ["base"],
    "adapter": ["engine", "dap", "base"],
    "engine": ["engine/syscalls", "base"],
    "engine/arch": ["base"],
    "engine/target": ["engine/arch", "base"],
    "engine/target/linux": ["engine/target", "engine/arch", "base"],
    "engine/target/core": ["engine/target", "engine/arch", "base"],
    "engine/symbols": ["engine/target", "engine/arch", "base"],
    "engine/unwind": ["engine/symbols", "engine/target", "engine/arch", "base"],
    "engine/eval": ["engine/unwind", "engine/symbols", "engine/target", "engine/arch", "base"],
    "engine/syscalls": ["engine/target", "base"],
}
BELOW_RUN = ["engine", "engine/eval", "engine/syscalls", "engine/unwind", "engine/symbols", "engine/target", "engine/target/linux",
             "engine/target/core", "engine/arch", "base"]
LAYERS["engine/run"] = BELOW_RUN
LAYERS["engine/inspect"] = ["engine/run"] + BELOW_RUN

# Single headers that are seams of values: every engine layer may use them.
SHARED = {"engine/node.h"}

# Headers of libraries -> the only folders that may include them.
LIBRARIES = [
    (re.compile(r"^(elfutils/.*|dwarf\.h|libelf\.h|gelf\.h|libdw.*\.h)$"), ["engine/symbols", "engine/unwind"]),
    (re.compile(r"^lzma\.h$"), ["engine/symbols"]),
    (re.compile(r"^Zydis/"), ["engine/arch"]),
    (re.compile(r"^(cjson/.*|cJSON\.h)$"), ["dap", "adapter"]),
    (re.compile(r"^seccomp\.h$"), ["engine/syscalls"]),
    (re.compile(r"^(libiberty/.*|demangle\.h)$"), ["engine/symbols"]),
    (re.compile(r"^sys/ptrace\.h$"), ["engine/target/linux"]),
]
CALLS = [(re.compile(r"(?<![\w.>])(ptrace|waitpid|waitid|wait3|wait4)\s*\("), ["engine/target/linux"])]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of(path):
    """The layer that a file (path from the root) belongs to: the longest known folder above it."""
    folder = os.path.dirname(path)
    while folder and folder not in LAYERS:
        folder = os.path.dirname(folder)
    return folder


def strip_comments(text):
    """Comments and string contents become blank, lines stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        word = match.group(0)
        return word if word[0] == '"' else re.sub(r"[^\n]", " ", word)

    return pattern.sub(blank, text)


def check_include(layer, kind, header):
    if kind == "<":
        for pattern, folders in LIBRARIES:
            if pattern.search(header) and layer not in folders:
                return f"<{header}> belongs to {' and '.join(folders)} alone"
        return None
    if "/" not in header:
        return f'"{header}" is not spelled from the root'
    if header in SHARED and layer.startswith("engine"):
        return None
    target = layer_of(header)
    if target == layer or target in LAYERS[layer]:
        return None
    return f'{layer} may not include "{header}"'


def check_file(root, path):
    layer = layer_of(path)
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        text = strip_comments(file.read())
    for number, line in enumerate(text.split("\n"), 1):
        found = INCLUDE.match(line)
        if found:
            breach = check_include(layer, *found.groups())
            if breach:
                yield f"{path}:{number}: {breach}"
            continue
        line = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
        for pattern, folders in CALLS:
            call = pattern.search(line)
            if call and layer not in folders:
                yield f"{path}:{number}: {call.group(1)}() belongs to {' and '.join(folders)} alone"


def check(root):
    for top in ("adapter", "base", "dap", "engine"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".def")):
                    yield from check_file(root, os.path.relpath(os.path.join(folder, name), root))


def self_test():
    good = {
        "adapter/a.c": '#include "engine/debugger.h"\n#include "dap/writer.h"\n#include <cjson/cJSON.h>\n',
        "engine/run/r.c": '#include "engine/eval/e.h"\n// ptrace(in a comment)\nchar *s = "waitpid(";\n#include "engine/stop.h"\n',
        "engine/target/linux/l.c": "#include <sys/ptrace.h>\nint x = ptrace(0);\n",
        "engine/eval/e.c": '#include "engine/node.h"\n',
        "engine/inspect/i.c": '#include "engine/run/r.h"\nint y = decode_waitpid_status(3); int z = ops->waitpid(1);\n',
    }
    bad = {
        "adapter/b.c": '#include "engine/run/r.h"\n',
        "base/b.c": '#include "engine/node.h"\n',
        "dap/b.c": '#include "engine/debugger.h"\n',
        "engine/arch/b.c": '#include "engine/target/target.h"\n',
        "engine/symbols/b.c": '#include "engine/eval/value.h"\n',
        "engine/syscalls/b.c": '#include "engine/arch/registers.h"\n',
        "engine/run/b.c": "#include <sys/ptrace.h>\n",
        "engine/run/c.c": "\tif (waitpid(-1, 0, 0) > 0)\n",
        "engine/eval/b.c": "#include <elfutils/libdw.h>\n",
        "engine/run/d.c": "#include <Zydis/Zydis.h>\n",
        "engine/run/e.c": "#include <cjson/cJSON.h>\n",
        "engine/run/f.c": "#include <seccomp.h>\n",
        "engine/run/g.c": '#include "site.h"\n',
        "engine/debugger.h": '#include "engine/run/r.h"\n',
    }
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**good, **bad}.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        found = {line.split(":")[0] for line in check(root)}
    wrong = [f"not found: {path}" for path in bad if path not in found] + [f"no breach: {path}" for path in good if path in found]
    return wrong


def main():
    if sys.argv[1:] == ["--self-test"]:
        breaches = self_test()
    else:
        root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
        breaches = list(check(os.path.normpath(root)))
    print("\n".join(breaches) if breaches else "no breach")
    sys.exit(1 if breaches else 0)


main()
