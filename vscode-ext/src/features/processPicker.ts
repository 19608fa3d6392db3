// The process to attach to: ${command:pickProcess}, and a command that attaches at once.
import * as vscode from 'vscode';
import { listProcesses, withAncestorsOfSameProgram } from '../processes';
import type { Services } from '../services';

interface Item extends vscode.QuickPickItem {
  readonly pid: number;
}

export function register({ log }: Services): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('ptdap.pickProcess', async () => {
      const process = await pickProcess(log);
      return process && String(process.pid);  // VS Code takes strings alone, and undefined as "do not start"
    }),
    vscode.commands.registerCommand('ptdap.attach', async () => {
      const process = await pickProcess(log);
      if (process)
        await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0],
          { type: 'ptdap', request: 'attach', name: `${process.label} (${process.pid})`, pid: process.pid });
    }),
  );
}

async function items(ofAll: boolean): Promise<Item[]> {
  const own = await withAncestorsOfSameProgram(process.pid);
  const processes = await listProcesses({ uid: ofAll ? undefined : process.geteuid?.(), except: own });
  return processes.map(({ pid, name, user, commandLine }) => ({ pid, label: name, description: `${pid}  ${user}`, detail: commandLine }));
}

function pickProcess(log: vscode.LogOutputChannel): Promise<Item | undefined> {
  const picker = vscode.window.createQuickPick<Item>();
  const refresh: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('refresh'), tooltip: 'Refresh' };
  // Nobody but root may attach to another user's process.
  const everyone: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('organization'), tooltip: 'Show Processes of All Users' };
  const myself: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('person'), tooltip: 'Show My Processes Only' };
  const isRoot = process.geteuid?.() === 0;
  let ofAll = isRoot && vscode.workspace.getConfiguration('ptdap').get<boolean>('pickProcess.allUsers', false);

  picker.title = 'Attach to Process';
  picker.placeholder = 'Type a part of the name, process id, user or command line';
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;

  let newest = 0;
  const fill = async (): Promise<void> => {
    const turn = ++newest;
    picker.buttons = isRoot ? [refresh, ofAll ? myself : everyone] : [refresh];
    picker.busy = true;
    try {
      const list = await items(ofAll);
      if (turn === newest)
        picker.items = list;
    } catch (error) {
      log.error(`listing processes: ${String(error)}`);
      void vscode.window.showErrorMessage(`The processes cannot be listed: ${(error as Error).message}`);
    } finally {
      if (turn === newest)
        picker.busy = false;
    }
  };
  return new Promise((resolve) => {
    picker.onDidTriggerButton((button) => {
      if (button !== refresh)
        ofAll = !ofAll;
      void fill();
    });
    picker.onDidAccept(() => {
      const [item] = picker.selectedItems;
      if (!item)
        return;  // Enter on an empty list
      resolve(item);
      picker.hide();
    });
    picker.onDidHide(() => {
      newest = -1;  // nothing may be put into it any more
      picker.dispose();
      resolve(undefined);
    });
    picker.show();
    void fill();
  });
}
