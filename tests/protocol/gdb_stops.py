# Run by gdb -x: stops at the addresses of `PLAN` as often as it says and writes what gdb sees there, as JSON.
import json
import gdb

GENERAL = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip']
ELEMENTS_MAX = 4
WORD = (1 << 64) - 1


def leaves(value, path, found):
    """The scalars of a value by the expression that leads to each; what gdb cannot show is left out."""
    if value.is_optimized_out:
        return
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        leaves(value.referenced_value(), path, found)
    elif kind.code == gdb.TYPE_CODE_PTR:
        found[path] = {'kind': 'pointer', 'value': hex(int(value) & WORD)}
    elif kind.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR):
        found[path] = {'kind': 'integer', 'value': str(int(value))}
    elif kind.code == gdb.TYPE_CODE_BOOL:
        found[path] = {'kind': 'word', 'value': 'true' if bool(value) else 'false'}
    elif kind.code == gdb.TYPE_CODE_FLT:
        found[path] = {'kind': 'float', 'value': repr(float(value))}
    elif kind.code == gdb.TYPE_CODE_ENUM:
        found[path] = {'kind': 'word', 'value': str(value)}
    elif kind.code == gdb.TYPE_CODE_ARRAY:
        low, high = kind.range()
        for i in range(low, min(high + 1, low + ELEMENTS_MAX)):
            leaves(value[i], '%s[%d]' % (path, i), found)
    elif kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        for field in kind.fields():
            if field.is_base_class:
                leaves(value[field], path, found)
            elif field.name and not field.artificial and hasattr(field, 'bitpos') and not field.name.startswith('_vptr'):
                leaves(value[field], '%s.%s' % (path, field.name), found)


def variables(frame):
    found = {'arguments': {}, 'locals': {}}
    try:
        block = frame.block()
    except RuntimeError:
        return found
    seen = set()
    while block and not block.is_global and not block.is_static:
        for symbol in block:
            if symbol.name in seen or not (symbol.is_variable or symbol.is_argument):
                continue
            seen.add(symbol.name)
            values = {}
            try:
                leaves(symbol.value(frame), symbol.name, values)
            except (gdb.error, gdb.MemoryError):
                continue
            found['arguments' if symbol.is_argument else 'locals'][symbol.name] = values
        if block.function:
            break
        block = block.superblock
    return found


def registers(frame):
    found = {}
    for name in GENERAL:
        value = frame.read_register(name)
        found[name] = None if value.is_optimized_out else hex(int(value) & WORD)
    return found


def stack():
    frames = []
    frame = gdb.newest_frame()
    while frame:
        place = frame.find_sal()
        frames.append({'name': frame.name(), 'pc': hex(frame.pc()), 'line': place.line, 'file': place.symtab and place.symtab.fullname(),
                       'isInlined': frame.type() == gdb.INLINE_FRAME, 'registers': registers(frame), **variables(frame)})
        if frame.name() == 'main' and frame.type() != gdb.INLINE_FRAME:
            break
        frame = frame.older()
    return frames


def main():
    for setting in ['confirm off', 'pagination off', 'width 0', 'debuginfod enabled off', 'startup-with-shell off', 'print address off',
                    'print elements 20', 'backtrace limit 200']:
        gdb.execute('set ' + setting)
    for name in PLAN['unset'] + ['LINES', 'COLUMNS']:
        gdb.execute('unset environment ' + name)
    gdb.execute('starti', to_string=True)
    for address in PLAN['addresses']:
        gdb.execute('break *' + address, to_string=True)
    stops = []
    for _ in range(PLAN['count']):
        gdb.execute('continue', to_string=True)
        if not gdb.selected_inferior().threads():
            break
        stops.append(stack())
    with open(PLAN['output'], 'w') as file:
        json.dump(stops, file)


main()
