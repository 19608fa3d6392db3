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
  { name: 'ports', replace: [[/htons\(\d+\)/g, 'PORT']] },
  { name: 'room on a file system', when: /^f?statfs\(/, replace: [[/(f_(?:bfree|bavail|ffree)=)\d+/g, '$1N']] },
  { name: 'times', when: /^(clock_gettime|gettimeofday|time|times|getrusage|sysinfo|wait4|waitid|adjtimex|clock_adjtime|futex)\(/,
    replace: [[TIME_FIELDS, '$1N'], [/^(times?\(.* = )\d+/, '$1N']] },
];

const without = (pattern, by = '') => (a, b) => [a.replace(pattern, by), b.replace(pattern, by)];

// Where the two tracers tell the same thing otherwise. same(strace's, ptdap's): both, as far as they agree; alone: a line of one only.
export const DIFFERENCES = [
  { name: 'the execve that launched the program', alone: /^execve\(/, reason: 'strace sees it' },
  { name: 'the end of a thread', alone: /^\+\+\+ exited with \d+ \+\+\+$/, reason: 'ptdap tells the end of processes' },
  { name: 'the file that FICLONE reads', same: without(/(ioctl\(.*FICLONE, \d+)<[^>]*>/, '$1'), reason: 'ptdap names it' },
  { name: 'addresses that a program chooses by chance', same: without(/0x[0-9a-f]{6,16}\b/g, 'ADDRESS'), reason: 'a hash with a random seed, a heap that grew otherwise' },
  { name: 'how a wait for a lock ends', same: (a, b) => (/^futex\(/.test(a) && /^futex\(/.test(b) ? ['futex', 'futex'] : [a, b]), reason: 'who comes first' },
  { name: 'waits that chance decides', alone: /^(futex|sched_yield|restart_syscall|wait4|rt_sigreturn)\(/, reason: 'a lock is free or not, a child has ended or not yet' },
];
