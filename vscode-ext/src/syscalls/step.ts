// The command Step to Next Syscall.
import * as vscode from 'vscode';
import type { SyscallSession, SyscallSessions } from './sessions';

/** The thread that the user looks at in a session, else the one that made it stop. */
export function focusedThread(session: SyscallSession): number | undefined {
  const item = vscode.debug.activeStackItem;
  return item?.session.id === session.id ? item.threadId : session.stoppedThread;
}

export async function stepToSyscall(sessions: SyscallSessions): Promise<void> {
  const session = sessions.active;
  const threadId = session && focusedThread(session);
  if (!session || session.stoppedThread === undefined || threadId === undefined) {
    void vscode.window.showInformationMessage('Stepping to the next system call needs a program that is stopped in ptdap.');
    return;
  }
  // A failure is shown by VS Code, as those of other steps.
  await session.session.customRequest('ptdap/stepSyscall', { threadId }).then(undefined, () => undefined);
}
