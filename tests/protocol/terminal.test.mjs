// Programs in a terminal of the client: runInTerminal.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { assert, assertNothingLeft, at, Client, isAlive, line, program, session, status, temporaryFolder, test } from './session.mjs';
import { directly, inShell, PROMPT, SHELL, Terminal, terminalSession } from './terminal.mjs';

const attributes = { program: program('in_terminal'), console: 'integratedTerminal' };
const GREETING = /tty 111, 24x80, foreground 1, ([^,]*), ([^,]*), (.*)\r\n/;
const exitOf = async (dap) => {
  await dap.terminal.ended;
  return dap.terminal.exit;
};

async function launchAndGreet(dap, more = {}) {
  await dap.launch({ ...attributes, ...more });
  return dap.terminal.shows(GREETING);
}

// --- as in a terminal

for (const noDebug of [false, true]) {
  const how = noDebug ? ' (noDebug)' : '';
  const options = { ...attributes, noDebug };

  terminalSession(`stdin, isatty, window size and exit code are the terminal's${how}`, async (dap) => {
    await dap.launch({ ...options, cwd: '/tmp', args: ['one two'] });
    assert.equal(dap.asked.length, 1);
    const { kind, title, cwd, args, ...rest } = dap.asked[0];
    assert.deepEqual([kind, title, cwd, rest], ['integrated', 'in_terminal', '/tmp', {}]);
    assert.equal(fs.realpathSync(args[0]), fs.realpathSync(process.env.PTDAP));
    const [, mark, where, argument] = await dap.terminal.shows(GREETING);
    assert.deepEqual([mark, where, argument], ['no mark', '/tmp', 'one two']);
    dap.terminal.type('hello\n');
    await dap.terminal.shows('got hello');
    dap.terminal.type('exit 7\n');
    assert.equal(await dap.exited(), 7);
    assert.deepEqual(await exitOf(dap), { code: 7, signal: 0 });
    assert.equal(dap.output(), 'The program ended with exit code 7.\n');
    assert.doesNotMatch(dap.terminal.text, /ptdap/);
  });

  terminalSession(`^C ends the program, not the debugger${how}`, async (dap) => {
    await dap.launch({ ...options, filters: [] });
    await dap.terminal.shows(GREETING);
    dap.terminal.type('\x03');
    assert.equal(await dap.exited(), 130);
    assert.deepEqual(await exitOf(dap), { code: 0, signal: 2 });
  });

  terminalSession(`a program that handles ^C gets it${how}`, async (dap) => {
    await dap.launch({ ...options, args: ['count'], filters: [] });
    await dap.terminal.shows(GREETING);
    dap.terminal.type('\x03');
    await dap.terminal.shows('interrupts 1\r');
    dap.terminal.type('\x03');
    await dap.terminal.shows('interrupts 2\r');
    dap.terminal.type('exit 3\n');
    assert.equal(await dap.exited(), 3);
  });

  terminalSession(`job control: ^Z, bg, fg, and the true exit code in $?${how}`, async (dap) => {
    await dap.launch({ ...options, filters: [] });
    const shell = dap.terminal;
    await shell.shows(GREETING);
    shell.type('\x1a');
    await shell.shows('Stopped');
    await shell.shows(PROMPT);
    assert.match(await shell.run('jobs'), /Stopped/);
    shell.type('fg\n');
    await shell.shows('--in-terminal');
    shell.type('again\n');
    await shell.shows('got again');
    shell.type('\x1a');
    await shell.shows('Stopped');
    await shell.shows(PROMPT);
    shell.type('bg\n');
    await shell.shows(PROMPT);
    while (!/Stopped/.test(await shell.run('jobs'))) {
      // it reads from the terminal in a moment: SIGTTIN
    }
    shell.type('fg\n');
    await shell.shows('--in-terminal');
    shell.type('exit 9\n');
    assert.equal(await dap.exited(), 9);
    await shell.shows(PROMPT);
    assert.equal(await shell.run('echo $?'), '9\n');
    assert.equal(await shell.run('jobs; ps -o stat= --ppid $$ | grep -c Z'), '0\n');
    assert.equal((await shell.run('stty -a')).includes('-echo '), false);
  }, { open: inShell });

  terminalSession(`killed by a signal: the shell sees it, too${how}`, async (dap) => {
    await dap.launch({ ...options, filters: [] });
    await dap.terminal.shows(GREETING);
    process.kill((await dap.waitFor('process')).systemProcessId, 'SIGTERM');
    assert.equal(await dap.exited(), 143);
    await dap.terminal.shows(PROMPT);
    assert.equal(await dap.terminal.run('echo $?'), '143\n');
  }, { open: inShell });

  terminalSession(`the environment is the terminal's, with env and envFile over it${how}`, async (dap) => {
    const folder = temporaryFolder();
    fs.writeFileSync(`${folder}/env`, 'FROM_FILE=file\nMARK=no\n');
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`MANY_${i}`, 'x'.repeat(20000)]));
    await dap.launch({ ...options, program: '/usr/bin/env', envFile: `${folder}/env`, env: { MARK: 'yes', OF_TERMINAL: null, ...many } });
    assert.equal(await dap.exited(), 0);
    await dap.terminal.ended;
    const lines = dap.terminal.text.split('\r\n');
    assert.ok(lines.includes('MARK=yes') && lines.includes('FROM_FILE=file') && lines.includes('KEPT=of the terminal'));
    assert.ok(!lines.some((text) => text.startsWith('OF_TERMINAL=')));
    assert.equal(lines.filter((text) => /^MANY_\d+=x{20000}$/.test(text)).length, 50);
    assert.ok(!lines.some((text) => text.startsWith('OF_ADAPTER=')));
  }, { terminal: { env: { OF_TERMINAL: 'yes', KEPT: 'of the terminal' } }, adapter: { env: { OF_ADAPTER: 'yes' } } });

  terminalSession(`stdio redirects single streams, the rest stays in the terminal${how}`, async (dap) => {
    const folder = temporaryFolder();
    fs.writeFileSync(`${folder}/in`, 'from a file\nexit 4\n');
    await dap.launch({ ...options, stdio: [`${folder}/in`, null, `${folder}/err`] });
    await dap.terminal.shows('tty 010, 0x0');
    await dap.terminal.shows('got from a file');
    assert.equal(await dap.exited(), 4);
    assert.equal(fs.readFileSync(`${folder}/err`, 'utf8'), '');
  });

  terminalSession(`closing the terminal ends the program${how}`, async (dap) => {
    await dap.launch({ ...options, program: '/bin/sh', args: ['-c', 'echo ready; sleep 1000'], filters: [] });
    await dap.terminal.shows('ready');
    dap.terminal.hangup();
    assert.equal(await dap.exited(), 129);
  });

  terminalSession(`terminate${how}`, async (dap) => {
    await dap.launch(options);
    await dap.terminal.shows(GREETING);
    await dap.request('terminate', {});
    assert.equal(await dap.exited(), 143);
    assert.deepEqual(await exitOf(dap), { code: 0, signal: 15 });
  });

  terminalSession(`restart runs it in a terminal again${how}`, async (dap) => {
    await dap.launch(options);
    await dap.terminal.shows(GREETING);
    const first = dap.terminal;
    const before = (await dap.waitFor('process')).systemProcessId;
    await dap.request('restart', {});
    assert.equal(dap.asked.length, 2);
    assert.notEqual(dap.asked[1].args[2], dap.asked[0].args[2]);
    assert.notEqual((await dap.waitFor('process')).systemProcessId, before);
    await first.ended;
    assert.deepEqual(first.exit, { code: 0, signal: 9 });
    await dap.terminal.shows(GREETING);
    dap.terminal.type('exit 5\n');
    assert.equal(await dap.exited(), 5);
  });

  terminalSession(`disconnect ends the program${how}`, async (dap) => {
    await dap.launch(options);
    await dap.terminal.shows(GREETING);
    await dap.request('disconnect', {});
    assert.deepEqual(await exitOf(dap), { code: 0, signal: 9 });
  });

  const suspend = async (dap) => {
    await dap.terminal.shows(GREETING);
    dap.terminal.type('\x1a');
    await dap.terminal.shows('Stopped');
    await dap.terminal.shows(PROMPT);
  };

  terminalSession(`a program that ^Z has stopped is restarted and terminated${how}`, async (dap) => {
    await dap.launch({ ...options, filters: [] });
    await suspend(dap);
    await dap.request('restart', {});
    await suspend(dap);
    await dap.request('terminate', {});
    await dap.request('terminate', {});   // at once
    assert.equal(await dap.exited(), 137);
  }, { open: inShell });

  terminalSession(`disconnect ends a program that ^Z has stopped${how}`, async (dap) => {
    await dap.launch({ ...options, filters: [] });
    await suspend(dap);
    await dap.request('disconnect', {});
    while (/Stopped/.test(await dap.terminal.run('jobs'))) {
      // it is dead, and the shell is told in a moment
    }
  }, { open: inShell });

  terminalSession(`disconnect with terminateDebuggee false lets it go on${how}`, async (dap) => {
    await dap.launch(options);
    await dap.terminal.shows(GREETING);
    await dap.request('disconnect', { terminateDebuggee: false });
    dap.closeInput();
    await dap.ended;
    dap.terminal.type('still there\n');
    await dap.terminal.shows('got still there');
    dap.terminal.type('exit 6\n');
    assert.deepEqual(await exitOf(dap), { code: 6, signal: 0 });
  });

  terminalSession(`a program that the kernel refuses: an error for the client and in the terminal${how}`, async (dap) => {
    await dap.initialize();
    const text = await dap.failing('launch', { ...options, args: ['x'.repeat(200000)] });
    assert.match(text, /starting \S*in_terminal: Argument list too long/);
    await dap.terminal.ended;
    assert.match(dap.terminal.text, /^ptdap: starting \S*in_terminal: Argument list too long\r\n$/);
    assert.deepEqual(dap.terminal.exit, { code: 126, signal: 0 });
    assert.ok(!dap.has('process'));
    await dap.request('launch', options);   // the session is as good as before
    await dap.request('configurationDone');
    await dap.terminal.shows(GREETING);
    await dap.request('terminate', {});
    await dap.exited();
  });
}

terminalSession('a window that changes its size tells the program', async (dap) => {
  await dap.launch({ ...attributes, program: '/bin/bash', args: ['-c', 'sleep 1000 & trap "stty size; kill $!; exit 2" WINCH; echo ready; wait'], filters: [] });
  await dap.terminal.shows('ready');
  dap.terminal.resize(50, 132);
  await dap.terminal.shows('50 132');
  assert.equal(await dap.exited(), 2);
});

// --- as in any other session

terminalSession('stops at the entry, at main and at breakpoints; locals, steps and exit are as always', async (dap) => {
  await dap.launch({ ...attributes, stopOnEntry: true, lines: at('in_terminal.c', 'answers') });
  const { threadId } = await dap.stopped('entry');
  assert.equal(dap.terminal.text, '');
  await dap.request('continue', { threadId });
  await dap.terminal.shows(GREETING);
  dap.terminal.type('words\n');
  await dap.stopped('breakpoint');
  const frame = await dap.top(threadId);
  assert.equal(frame.line, line('in_terminal.c', 'answers'));
  assert.match((await dap.locals(frame.id)).line.value, /words\\n/);
  const [, next] = await dap.step('next', threadId);
  assert.ok(next.line > frame.line);
  await dap.terminal.shows('words\r\n');
  await dap.request('continue', { threadId });
  dap.terminal.type('exit 0\n');
  assert.equal(await dap.exited(), 0);
});

terminalSession('stopAtBeginningOfMainSubprogram', async (dap) => {
  await dap.launch({ ...attributes, stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  assert.equal((await dap.top(threadId)).name.replace(/\(.*/, ''), 'main');
});

terminalSession('^C stops the program in the debugger, which passes it on at continue', async (dap) => {
  await dap.launch({ ...attributes, args: ['count'], filterOptions: [{ filterId: 'signal', condition: 'SIGINT' }] });
  await dap.terminal.shows(GREETING);
  dap.terminal.type('\x03');
  const { threadId, description } = await dap.stopped('exception');
  assert.match(description, /SIGINT/);
  await dap.request('continue', { threadId });
  await dap.terminal.shows('interrupts 1');
  dap.terminal.type('exit 0\n');
  assert.equal(await dap.exited(), 0);
});

terminalSession('system calls are traced and stopped at, with a filter in the kernel, too', async (dap) => {
  await dap.launch({ ...attributes, syscallFilter: true, syscalls: { trace: 'read if $arg.fd == 0', stop: 'exit_group' } });
  await dap.terminal.shows(GREETING);
  dap.terminal.type('exit 3\n');
  const { threadId, description } = await dap.stopped('syscall');
  assert.match(description, /exit_group\(3/);
  assert.match(dap.output('console'), /read\(0.*"exit 3\\n"/);
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 3);
});

terminalSession('addresses are the same in every run, unless disableASLR is false', async (dap) => {
  const at_ = async (more) => {
    const dap2 = dap;
    await dap2.request('restart', { arguments: { ...attributes, stopOnEntry: true, ...more } });
    const { threadId } = await dap2.stopped('entry');
    return (await dap2.top(threadId)).instructionPointerReference;
  };
  await dap.launch({ ...attributes, stopOnEntry: true });
  const { threadId } = await dap.stopped('entry');
  const first = (await dap.top(threadId)).instructionPointerReference;
  assert.equal(await at_({}), first);
  const varied = new Set([first]);
  for (let i = 0; i < 4; i++) {
    varied.add(await at_({ disableASLR: false }));
  }
  assert.ok(varied.size > 1);
});

terminalSession('noDebug: the program is not traced', async (dap) => {
  await launchAndGreet(dap, { noDebug: true });
  const { systemProcessId } = await dap.waitFor('process');
  assert.equal(status(systemProcessId).TracerPid, '0');
  assert.match(await dap.failing('pause', { threadId: 1 }), /noDebug/);
});

terminalSession('noDebug: if ptdap in the terminal is killed, the program ends with it', async (dap) => {
  await launchAndGreet(dap, { noDebug: true });
  const { systemProcessId } = await dap.waitFor('process');
  process.kill(Number(status(systemProcessId).PPid), 'SIGKILL');
  assert.equal(await dap.exited(), 137);
});

terminalSession('an interactive shell as the program has its own job control', async (dap) => {
  await dap.launch({ ...attributes, program: SHELL[0], args: SHELL.slice(1), filters: [] });
  const shell = dap.terminal;
  await shell.shows(PROMPT);
  shell.type(`${program('in_terminal')}\n`);
  await shell.shows(GREETING);
  shell.type('hello\n');
  await shell.shows('got hello');
  shell.type('\x1a');
  await shell.shows('Stopped');
  await shell.shows(PROMPT);
  shell.type('fg\n');
  await shell.shows(/fg\r\n.*in_terminal\r\n/);
  shell.type('exit 0\n');
  await shell.shows(PROMPT);
  shell.type('exit 11\n');
  assert.equal(await dap.exited(), 11);
});

for (const [alias, kind] of [[{ terminal: 'external' }, 'external'], [{ externalConsole: true }, 'external'], [{ runInTerminal: true }, 'integrated'],
  [{ console: 'externalTerminal' }, 'external'], [{ console: 'internalConsole', runInTerminal: true }, undefined]]) {
  terminalSession(`${JSON.stringify(alias)} asks for ${kind ?? 'no'} terminal`, async (dap) => {
    await dap.launch({ program: '/bin/true', ...alias });
    assert.equal(await dap.exited(), 0);
    assert.equal(dap.asked[0]?.kind, kind);
  });
}

test('two sessions of one --listen, each with its terminal', { timeout: 240000 }, async () => {
  const server = spawn(process.env.PTDAP, ['--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => server.on('close', resolve));
  const terminals = [];
  const clients = [];
  try {
    const address = await new Promise((resolve) => server.stdout.on('data', (chunk) => resolve(/127\.0\.0\.1:(\d+)/.exec(chunk)[1])));
    for (let i = 0; i < 2; i++) {
      const dap = Client.spawn('bash', ['-c', 'exec 3<>/dev/tcp/127.0.0.1/$0; cat <&3 & cat >&3; wait', address]);
      clients.push(dap);
      dap.announces = { supportsRunInTerminalRequest: true };
      dap.onReverseRequest = (message) => {
        terminals[i] = directly(dap, message.arguments);
        dap.answer(message, { success: true, body: {} });
      };
    }
    await Promise.all(clients.map((dap, i) => dap.launch({ ...attributes, args: [`number ${i}`] })));
    for (const [i, terminal] of terminals.entries()) {
      assert.equal((await terminal.shows(GREETING))[3], `number ${i}`);
      terminal.type(`exit ${20 + i}\n`);
    }
    assert.deepEqual(await Promise.all(clients.map((dap) => dap.exited())), [20, 21]);
    for (const dap of clients) {
      await dap.finish();
      assertNothingLeft(dap);
    }
  } finally {
    await Promise.all(terminals.map((terminal) => terminal.close()));
    clients.forEach((dap) => dap.destroy());
    server.kill();
    await ended;
  }
});

test('an adapter whose file is gone, since it was built anew, still starts in a terminal', { timeout: 120000 }, async () => {
  const folder = temporaryFolder();
  const copy = `${folder}/ptdap`;
  fs.copyFileSync(process.env.PTDAP, copy);
  const dap = Client.spawn(copy);
  try {
    dap.announces = { supportsRunInTerminalRequest: true };
    dap.onReverseRequest = (message) => {
      dap.terminal = directly(dap, message.arguments);
      dap.answer(message, { success: true, body: {} });
    };
    await dap.initialize();
    fs.unlinkSync(copy);
    await dap.request('launch', { ...attributes, program: '/bin/true' });
    await dap.request('configurationDone');
    assert.equal(await dap.exited(), 0);
    await dap.finish();
  } finally {
    await dap.terminal?.close();
    dap.destroy();
  }
});

// --- what goes wrong

session('a client that has no terminals gets one note, and the output', async (dap) => {
  await dap.launch({ program: '/bin/echo', args: ['hello'], console: 'integratedTerminal' });
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout'), 'hello\n');
  assert.match(dap.output('console'), /^console: this client cannot run programs in a terminal[^\n]*\n$/);
});

for (const [what, wrong, words] of [
  ['a missing program', { program: '/no/such/program' }, /the program \/no\/such\/program does not exist/],
  ['a program that may not be executed', { program: '/etc/passwd' }, /may not be executed/],
  ['a missing working directory', { cwd: '/no/such/folder' }, /working directory \/no\/such\/folder/],
]) {
  terminalSession(`${what} opens no terminal`, async (dap) => {
    await dap.initialize();
    assert.match(await dap.failing('launch', { ...attributes, ...wrong }), words);
    assert.equal(dap.asked.length, 0);
  });
}

terminalSession('a file for stdio that cannot be opened: the terminal says so, too', async (dap) => {
  await dap.initialize();
  const text = await dap.failing('launch', { ...attributes, stdio: ['/no/such/input'] });
  assert.match(text, /opening \/no\/such\/input for the program's input/);
  await dap.terminal.ended;
  assert.equal(dap.terminal.text, `ptdap: ${text}\r\n`);
  assert.deepEqual(dap.terminal.exit, { code: 1, signal: 0 });
});

terminalSession('a client that answers with an error', async (dap) => {
  await dap.initialize();
  assert.match(await dap.failing('launch', attributes), /the client refused runInTerminal: no terminal today/);
  await dap.request('launch', { ...attributes, console: 'internalConsole' });
  await dap.request('configurationDone');
  await dap.exited();
}, { open: null, answer: { success: false, message: 'no terminal today' } });

terminalSession('an error in the body of the answer, and one without words', async (dap) => {
  await dap.initialize();
  assert.match(await dap.failing('launch', attributes), /the client refused runInTerminal: the words/);
  dap.onReverseRequest = (message) => dap.answer(message, { success: false });
  assert.match(await dap.failing('launch', attributes), /the client refused runInTerminal: it does not say why/);
}, { open: null, answer: { success: false, message: 'keyword', body: { error: { id: 1, format: 'the words' } } } });

for (const [what, answer] of [['answers but starts nothing', { success: true, body: { shellProcessId: 1 } }], ['never answers', null]]) {
  terminalSession(`a client that ${what}`, async (dap) => {
    await dap.initialize();
    const text = await dap.failing('launch', attributes);
    assert.match(text, /the terminal did not start the program within 0\.3 s; .*"console": "internalConsole"/);
    const late = directly(dap, dap.asked[0]);
    await late.shows(/ptdap: no debugger waits for this terminal any more/);
    await late.ended;
    assert.deepEqual(late.exit, { code: 1, signal: 0 });
  }, { open: null, answer, adapter: { env: { PTDAP_TERMINAL_TIMEOUT_MS: '300' } } });
}

terminalSession('a client that answers only when the program runs, even with an error', async (dap) => {
  let asked;
  dap.onReverseRequest = (message) => {
    asked = message;
    dap.terminal = directly(dap, message.arguments);
  };
  await launchAndGreet(dap);
  dap.answer(asked, { success: false, message: 'too late' });
  dap.answer(asked, { success: true, body: {} });
  dap.terminal.type('exit 0\n');
  assert.equal(await dap.exited(), 0);
  await dap.terminal.close();
});

const connecting = (address, then) => spawnSync('python3', ['-c', `import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect("\\0" + "${address}")
${then}`], { encoding: 'utf8' });

terminalSession('a stand-in that ends before it is ready', async (dap) => {
  dap.onReverseRequest = (message) => {
    connecting(message.arguments.args[2], 's.close()');
    dap.answer(message, { success: true, body: {} });
  };
  await dap.initialize();
  assert.match(await dap.failing('launch', attributes), /ended in the terminal before it became the program; was the terminal closed\?/);
});

terminalSession('somebody else who connects: nonsense is refused with a reason', async (dap) => {
  let said;
  dap.onReverseRequest = (message) => {
    said = connecting(message.arguments.args[2], 's.send(b"hello")\nprint(s.recv(4096)[4:].split(b"\\0")[0].decode())').stdout;
    dap.answer(message, { success: true, body: {} });
  };
  await dap.initialize();
  const text = await dap.failing('launch', attributes);
  assert.match(text, /ptdap was replaced by another version/);
  assert.equal(said.trim(), text);
});

terminalSession('the command run twice: the second one is not wanted', async (dap) => {
  let second;
  dap.onReverseRequest = (message) => {
    const twice = `${message.arguments.args.map((word) => `'${word}'`).join(' ')}`;
    dap.terminal = new Terminal(['bash', '-c', `${twice} & ${twice} & wait; wait`], { mark: dap.mark });
    second = dap.terminal;
    dap.answer(message, { success: true, body: {} });
  };
  await dap.launch({ ...attributes, program: '/bin/true' });
  assert.equal(await dap.exited(), 0);
  await second.shows(/ptdap: (no debugger waits for this terminal any more|the program (is being|has been) started in another terminal|the debugger has ended)/);
  await second.close();
});

terminalSession('a terminal of another user is refused', async (dap) => {
  await dap.initialize();
  const launched = dap.tryRequest('launch', attributes);
  await dap.until('request for a terminal', () => dap.terminal);
  await dap.terminal.shows(/ptdap: the debugger runs as user 0 and this terminal as user 65534; they must be the same/);
  await dap.tryRequest('disconnect', {});
  assert.equal((await launched).success, false);
}, {
  skip: process.getuid() !== 0 && 'only root can be somebody else',
  open: (dap, { args }) => new Terminal(['setpriv', '--reuid=65534', '--clear-groups', `/proc/${dap.pid}/root${args[0]}`, ...args.slice(1)], { mark: dap.mark }),
});

test('a debugger that dies while ptdap in the terminal waits', { timeout: 120000 }, async () => {
  const fake = spawn('python3', ['-c', `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind("\\0" + sys.argv[1])
s.listen()
print("ready", flush=True)
c, _ = s.accept()
c.recv(4096)`, `ptdap-test-${process.pid}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => fake.stdout.once('data', resolve));
  const terminal = new Terminal([process.env.PTDAP, '--in-terminal', `ptdap-test-${process.pid}`]);
  await terminal.shows('ptdap: the debugger has ended; the program was not started');
  await terminal.ended;
  assert.deepEqual(terminal.exit, { code: 1, signal: 0 });
});

const NO_NAMESPACES = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status !== 0 && 'no PID namespaces here';
const OWN_NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc'];
const inNamespace = (dap, { args, cwd }) => new Terminal([...OWN_NAMESPACE, ...args], { mark: dap.mark, cwd });

terminalSession('a terminal in a container whose processes we see', async (dap) => {
  await dap.launch({ ...attributes, stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  await dap.request('continue', { threadId });
  await dap.terminal.shows(GREETING);
  dap.terminal.type('exit 3\n');
  assert.equal(await dap.exited(), 3);
}, { skip: NO_NAMESPACES, open: inNamespace });

terminalSession('noDebug is refused there', async (dap) => {
  await dap.initialize();
  const text = await dap.failing('launch', { ...attributes, noDebug: true });
  assert.match(text, /noDebug: the terminal is in another container/);
  await dap.terminal.ended;
  assert.equal(dap.terminal.text, `ptdap: ${text}\r\n`);
}, { skip: NO_NAMESPACES, open: inNamespace });

test('a terminal outside of our container is refused', { timeout: 120000, skip: NO_NAMESPACES }, async () => {
  const dap = Client.spawn(OWN_NAMESPACE[0], [...OWN_NAMESPACE.slice(1), process.env.PTDAP]);
  let terminal;
  dap.announces = { supportsRunInTerminalRequest: true };
  dap.onReverseRequest = (message) => {
    terminal = directly(dap, message.arguments);
    dap.answer(message, { success: true, body: {} });
  };
  try {
    await dap.initialize();
    const text = await dap.failing('launch', attributes);
    assert.match(text, /the terminal is in another container/);
    await terminal.ended;
    assert.equal(terminal.text, `ptdap: ${text}\r\n`);
    await dap.finish();
  } finally {
    await terminal?.close();
    dap.destroy();
  }
});

const waiting = { open: null };   // it answers, and starts nothing for now

async function whileWaiting(dap, command = 'launch', more = {}) {
  await dap.initialize();
  const launched = dap.tryRequest(command, { ...attributes, ...more });
  const { lastSeq } = dap;
  await dap.until('request for a terminal', () => dap.asked.length);
  return { launched, lastSeq };
}

async function assertTooLate(dap) {
  const late = directly(dap, dap.asked[0]);
  await late.shows(/ptdap: no debugger waits for this terminal any more/);
  await late.close();
}

terminalSession('while a terminal is awaited, other requests are answered', async (dap) => {
  const { launched } = await whileWaiting(dap);
  const [breakpoint] = await dap.setBreakpoints(Object.keys(at('in_terminal.c', 'answers'))[0], [line('in_terminal.c', 'answers')]);
  assert.equal(breakpoint.verified, false);
  assert.match(await dap.failing('launch', attributes), /being started/);
  const threads = dap.request('threads');   // has to wait, and does
  dap.terminal = directly(dap, dap.asked[0]);
  assert.equal((await launched).success, true);
  assert.equal((await threads).threads.length, 1);
  await dap.request('configurationDone');
  await dap.terminal.shows(GREETING);
  dap.terminal.type('x\n');
  await dap.stopped('breakpoint');
  await dap.request('disconnect', {});
  await dap.terminal.close();
}, waiting);

terminalSession('cancel while a terminal is awaited', async (dap) => {
  const { launched, lastSeq } = await whileWaiting(dap);
  await dap.request('cancel', { requestId: lastSeq });
  const { success, message } = await launched;
  assert.deepEqual([success, message], [false, 'cancelled']);
  await assertTooLate(dap);
  await dap.request('launch', { ...attributes, console: 'internalConsole' });
  await dap.request('configurationDone');
  await dap.exited();
}, waiting);

terminalSession('terminate while a terminal is awaited', async (dap) => {
  const { launched } = await whileWaiting(dap);
  const threads = dap.tryRequest('threads');
  await dap.request('terminate', {});
  assert.equal((await launched).success, false);
  await dap.waitFor('terminated');
  assert.equal((await threads).success, false);
  await assertTooLate(dap);
}, waiting);

terminalSession('disconnect while a terminal is awaited', async (dap) => {
  const { launched } = await whileWaiting(dap);
  await dap.request('disconnect', {});
  assert.equal((await launched).success, false);
  await assertTooLate(dap);
}, waiting);

terminalSession('a client that vanishes while a terminal is awaited', async (dap) => {
  const { launched } = await whileWaiting(dap);
  dap.closeInput();
  await launched;
  await dap.ended;
  await assertTooLate(dap);
}, waiting);

terminalSession('an adapter that is killed takes its program along', async (dap) => {
  await launchAndGreet(dap);
  const { systemProcessId } = await dap.waitFor('process');
  dap.kill('SIGKILL');
  await dap.ended;
  assert.deepEqual(await exitOf(dap), { code: 0, signal: 9 });
  assert.ok(!isAlive(systemProcessId));
}, { end: null });

terminalSession('a restart whose terminal does not come ends the session with the reason', async (dap) => {
  await launchAndGreet(dap);
  dap.onReverseRequest = (message) => dap.answer(message, { success: false, message: 'none left' });
  assert.match(await dap.failing('restart', {}), /none left/);
  await dap.waitFor('terminated');
});
