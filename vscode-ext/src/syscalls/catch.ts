// The command Catch Syscalls...: at which calls the program stops.
import * as vscode from 'vscode';
import { pickCalls } from './callPicker';
import type { LaunchChoices } from './launchChoices';
import type { SyscallList } from './protocol';
import type { SyscallSessions } from './sessions';

export async function catchSyscalls(sessions: SyscallSessions, choices: LaunchChoices, list: SyscallList): Promise<void> {
  const session = sessions.active;
  // An empty change asks what holds.
  const rule = session ? (await session.change({})).stop : choices.rule('stop') ?? undefined;
  await pickCalls({
    title: session ? `Catch Syscalls: ${session.session.name}` : 'Catch Syscalls: the Next Session',
    placeholder: 'Calls to stop at; or a rule, such as: openat if $errno == ENOENT',
    rule, list,
    accept: async (chosen) => {
      if (session) {
        await session.change({ stop: chosen });
        await choices.remember('stop', chosen, session.session);
      } else {
        await choices.choose('stop', chosen);
      }
      const where = session ? '' : ' in the next session';
      vscode.window.setStatusBarMessage(chosen === null ? `No system call is caught${where}.` : `Caught${where}: ${chosen}`, 5000);
    },
  });
}
