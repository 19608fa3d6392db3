// System calls: the Syscalls view, Catch Syscalls..., Step to Next Syscall, Inject Syscall Result...
import * as vscode from 'vscode';
import type { Services } from '../services';
import { catchSyscalls } from '../syscalls/catch';
import { injectSyscallResult } from '../syscalls/inject';
import { LaunchChoices } from '../syscalls/launchChoices';
import type { SyscallList } from '../syscalls/protocol';
import { SyscallSessions } from '../syscalls/sessions';
import { stepToSyscall } from '../syscalls/step';
import { SyscallsView } from '../syscalls/view';

const unknown: SyscallList = { syscalls: [], groups: [], errors: [] };

export function register({ context, adapter }: Services): vscode.Disposable {
  const sessions = new SyscallSessions();
  const folder = (): vscode.WorkspaceFolder | undefined =>
    vscode.debug.activeDebugSession?.workspaceFolder ?? vscode.workspace.workspaceFolders?.[0];
  const choices = new LaunchChoices(context.workspaceState, (rule) => adapter.mistakeInRule(rule, folder()));
  const view = new SyscallsView(context, sessions, choices, unknown);
  const ask = async (): Promise<SyscallList> => adapter.json<SyscallList>(['--list-syscalls'], folder());
  const command = (name: string, run: (list: SyscallList) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(`ptdap.${name}`, async () => {
      try {
        await run(await ask());
      } catch (problem) {
        await adapter.show(problem);
      }
    });
  return vscode.Disposable.from(
    sessions, view,
    sessions.onDidChange(() => void ask().then((list) => view.setList(list), () => undefined)),
    vscode.debug.registerDebugConfigurationProvider('ptdap', choices),
    command('catchSyscalls', (list) => catchSyscalls(sessions, choices, list)),
    command('injectSyscallResult', (list) => injectSyscallResult(sessions, list)),
    vscode.commands.registerCommand('ptdap.stepToSyscall', () => stepToSyscall(sessions)),
  );
}
