// What may differ between strace and ptdap trace, and why. docs/syscalls.md tells it to users.

const TIME_FIELDS = /((?:tv_sec|tv_usec|tv_nsec|ru_\w+|tms_\w+|uptime|loads|\w*ram|procs)=)(?:\d+|\[[^\]]*\])/g;
const QUOTED = /"(?:[^"\\]|\\.)*"(\.\.\.)?/g;

// What differs between two runs of one program, whoever watches: replaced in both before lines are compared.
export const RUN_TO_RUN = [
  { name: 'inode numbers of pipes and sockets', replace: [[/<([\w-]+:\[)\d+/g, '<$1N']] },
  { name: 'random bytes', when: /^getrandom\(|^read\(\d+<\/dev\/u?random>/, replace: [[QUOTED, 'RANDOM']] },
  { name: 'the tracer, which is the parent', when: /^getppid\(/, replace: [[/= \d+$/, '= PARENT']] },
  { name: 'names of temporary files', replace: [[/\b(cc|tmp_obj_|tmp_pack_|tmp)[A-Za-z0-9_]{6,8}\b/g, '$1XXXXXX'], [/(\.git\/t)[A-Za-z0-9]{6}\b/g, '$1XXXXXX']] },
  { name: 'times of files in an index', when: /^\w+\(\d+<[^>]*\.git\/index/, replace: [[QUOTED, 'INDEX']] },
  { name: 'time that is left', when: /^(p?select6?|p?poll)\(/, replace: [[/left \{[^}]*\}/, 'left N']] },
  { name: 'where the tracer has the environment', when: /^execve\(/, replace: [[/0x[0-9a-f]+( \/\* \d+ vars)/, 'ADDRESS$1']] },
  { name: 'numbers of terminals', replace: [[/\/dev\/pts\/\d+/g, '/dev/pts/N'], [/(TIOCGPTN, )\[\d+\]/, '$1[N]']] },
  { name: 'the processor', when: /^getcpu\(/, replace: [[/\(\[\d+\]/, '([N]']] },
  { name: 'ports', replace: [[/htons\(\d+\)/g, 'PORT']] },
  { name: 'room on a file system', when: /^f?statfs\(/, replace: [[/(f_(?:bfree|bavail|ffree)=)\d+/g, '$1N']] },
  { name: 'times', when: /^(clock_gettime|gettimeofday|time|times|getrusage|sysinfo|wait4|waitid|getitimer|adjtimex|clock_adjtime|futex)\(/,
    replace: [[TIME_FIELDS, '$1N'], [/^(times?\(.* = )\d+.*/, '$1N'], [/^(time\(\[)\d+ [^\]]*/, '$1N']] },
];

const without = (pattern, by = '') => (a, b) => [a.replace(pattern, by), b.replace(pattern, by)];

// Hexadecimal or not, and only the bits that the kernel looks at.
const number = (text) => text.replace(/(?<![\w.])(0x[0-9a-f]{2,16}|\d{10,20})(?![\w.])/g, (word) => String(BigInt(word) & 0xffffffffn));

// Lists of flags and other named numbers, one by one: those where a tracer has no name for a part.
const NAMED = /(?<![\w".])(?:[A-Z_][A-Za-z0-9_]*|0x[0-9a-f]+|\d+<<\w+|0\d+)(?: \/\* [^*]*\*\/)?(?:\|(?:[A-Z_][A-Za-z0-9_]*|0x[0-9a-f]+|\d+<<\w+|0\d+)(?: \/\* [^*]*\*\/)?)*/g;
function unnamed(a, b) {
  const [x, y] = [a.match(NAMED) ?? [], b.match(NAMED) ?? []];
  const isPartial = (list) => /\?\?/.test(list) || (list.includes('|') && /0x|<</.test(list));
  const isUnnamed = (i) => x[i] !== y[i] && (isPartial(x[i]) || isPartial(y[i]));
  const replaced = (text) => {
    let i = 0;
    return text.replace(NAMED, (list) => (isUnnamed(i++) ? 'UNNAMED' : list));
  };
  const unmarked = (text) => text.replace(/ \/\* \w+_\?\?\?? \*\//g, '');
  return (x.length === y.length ? [replaced(a), replaced(b)] : [a, b]).map(unmarked);
}

// The arguments of "call(a, {b, c}, "d") = e", each change(a, b) of one pair; as they are if there are not equally many.
function argumentsOf(line) {
  const [parts, start] = [[], line.indexOf('(') + 1];
  let [depth, isQuoted, from] = [0, false, start];
  for (let i = start; i < line.length; i++) {
    if (line[i] === '"' && line[i - 1] !== '\\') {
      isQuoted = !isQuoted;
    } else if (!isQuoted && '([{'.includes(line[i])) {
      depth++;
    } else if (!isQuoted && ')]}'.includes(line[i]) && depth-- === 0) {
      return { head: line.slice(0, start), parts: [...parts, line.slice(from, i)], tail: line.slice(i) };
    } else if (!isQuoted && depth === 0 && line.startsWith(', ', i)) {
      parts.push(line.slice(from, i));
      from = i + 2;
    }
  }
  return { head: line, parts: [], tail: '' };
}
const eachPair = (isMet, change) => (a, b) => {
  const [x, y] = [argumentsOf(a), argumentsOf(b)];
  if (!isMet(a, b) || x.parts.length !== y.parts.length) {
    return [a, b];
  }
  const pairs = x.parts.map((part, i) => (part === y.parts[i] ? [part, part] : change(part, y.parts[i])));
  return [x, y].map(({ head, tail }, side) => head + pairs.map((pair) => pair[side]).join(', ') + tail);
};
const hasFailed = (a, b) => a.includes(') = -1 E') && b.includes(') = -1 E');
const isAddress = (part) => /^(0x[0-9a-f]+|NULL)$/.test(part);
const isMemory = (part) => /^[[{"]/.test(part);
const sameResult = (names) => (a, b) => (names.test(a) ? [a, b].map((text) => text.slice(text.lastIndexOf(' = '))) : [a, b]);

// Of the heap, the stack, mapped memory; each for one of the other tracer.
function addresses(a, b) {
  const address = /0x[57][0-9a-f]{11}\b/g;
  return (a.match(address) ?? []).length === (b.match(address) ?? []).length ? [a, b].map((text) => text.replace(address, 'ADDRESS')) : [a, b];
}
const sameArguments = (names) => (a, b) => (names.test(a) ? [a, b].map((text) => text.slice(0, text.lastIndexOf(' = '))) : [a, b]);

// Where the two tracers tell the same thing otherwise. same(strace's, ptdap's): both, as far as they agree; alone: a line of one only.
export const DIFFERENCES = [
  { name: 'the end of a thread', alone: /^\+\+\+ exited with \d+ \+\+\+$/, reason: 'ptdap tells the end of processes' },
  { name: 'the file that FICLONE reads', same: without(/(ioctl\(.*FICLONE, \d+)<[^>]*>/, '$1'), reason: 'ptdap names it' },
  { name: 'time limits and types of sockets', same: (a, b) => [a, b].map((text) => text.replace(/(SO_(?:RCV|SND)TIMEO_OLD, )(?:\{[^}]*\}|"[^"]*")/, '$1TIME').replace(/(SO_TYPE, )\[\w+\]/, '$1TYPE')),
    reason: 'strace shows the bytes of a time limit and the number of a type' },
  { name: 'the flags of TIOCGPTPEER', same: without(/(TIOCGPTPEER, )[^)]*\) = (\d+)(?:<[^>]*>)?/, '$1FLAGS) = $2'), reason: 'strace knows neither them nor that the result is a descriptor' },
  { name: 'terminal requests that sound drivers number alike', same: without(/SNDCTL_\w+ or /), reason: 'ptdap has the one for terminals' },
  { name: 'how a wait for a lock ends', same: (a, b) => (/^futex\(/.test(a) && /^futex\(/.test(b) ? ['futex', 'futex'] : [a, b]), reason: 'who comes first' },
  { name: 'waits that chance decides', alone: /^(futex|sched_yield|restart_syscall|wait4|rt_sigreturn)\(/, reason: 'a lock is free or not, a child has ended or not yet' },
  { name: 'random numbers drawn once more', alone: /^getrandom\(/, reason: 'the C library draws again if a number does not make a fair name' },
  { name: 'calls newer than strace', same: sameResult(/^syscall_0x/), reason: 'it has no names for them' },
  { name: 'results that ptdap names', same: sameArguments(/^sched_getscheduler\(/), reason: 'strace has the number alone' },
  { name: 'modify_ldt', same: (a, b) => (a.startsWith('modify_ldt(') && b.startsWith('modify_ldt(') ? ['modify_ldt', 'modify_ldt'] : [a, b]),
    reason: 'its errors are 32 bits wide, so that the kernel itself takes them for results; strace knows better' },
  { name: 'calls that this kernel has not', same: sameResult(/^(_sysctl|create_module|get_kernel_syms|query_module|nfsservctl|afs_syscall|tuxcall|security|epoll_wait_old|[gs]et_thread_area)\(/),
    reason: 'all of them fail with ENOSYS; their arguments mean nothing' },
  { name: 'memory that a failed call was given', same: eachPair(hasFailed, (a, b) => ((isAddress(a) && isMemory(b)) || (isMemory(a) && isAddress(b)) ? ['MEMORY', 'MEMORY'] : [a, b])),
    reason: 'worth its bytes or an address: ptdap shows what was passed in if it can be read, strace by call' },
  { name: 'structs and lists of failed calls', same: eachPair(hasFailed, (a, b) => (isMemory(a) && isMemory(b) && a[0] === b[0] ? ['STRUCT', 'STRUCT'] : [a, b])),
    reason: 'which fields count is decided by sizes and flags that are wrong themselves' },
  { name: 'the clocks of threads, attributes 0', same: (a, b) => [a, b].map((text) => text.replace(/MAKE_THREAD_CPUCLOCK\([^)]*\)|0x[0-9a-f]+ \/\* CLOCK_\?\?\? \*\//, 'CLOCK').replace(/^(fsmount\(.*, )(?:MOUNT_ATTR_RELATIME\|?)?(.*)\) =/, (_, head, flags) => `${head}${flags || 0}) =`)),
    reason: 'ptdap names them' },
  { name: 'addresses that a program chooses by chance', same: addresses, reason: 'a hash with a random seed, a heap that grew otherwise' },
  { name: 'fields newer than strace', same: without(/^(io_uring_setup\(.*array=\d+)(?:, user_addr=0)?(.*flags=\d+)(?:, user_addr=0)?\}(?:, \.\.\.)?\}/, '$1$2}}'), reason: 'struct io_uring_params has grown' },
  { name: 'bits and numbers without a name', same: unnamed, reason: 'the tables are of different age; sets are split otherwise' },
  { name: 'null pointers', same: without(/\bNULL\b/g, '0'), reason: 'strace takes some addresses for numbers' },
  { name: 'numbers wider than the kernel reads, or in hexadecimal', same: (a, b) => [number(a), number(b)], reason: 'strace shows some registers whole' },
  { name: 'descriptors of another process', same: without(/^(kcmp\(.*)(\d+)<[^>]*>, (\d+)<[^>]*>/, '$1$2, $3'), reason: 'ptdap takes the own ones for them' },
  { name: 'ustat', same: (a, b) => (/^ustat\(/.test(a) ? [a, b].map((text) => text.replace(/0x[0-9a-f]+|\d{5,}|\{.*\}/g, 'X')) : [a, b]), reason: 'strace does not decode ustat' },
];
