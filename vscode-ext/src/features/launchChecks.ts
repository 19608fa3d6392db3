// What is completed and checked in any configuration before its session starts. All else is the adapter's to judge.
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Services } from '../services';

/** Attributes that say what to attach to. */
const targets = ['pid', 'processId', 'coreFile', 'coreDumpPath', 'waitFor'];

export function register(_services: Services): vscode.Disposable {
  return vscode.debug.registerDebugConfigurationProvider('ptdap', {
    async resolveDebugConfiguration(_folder, configuration) {
      // Else VS Code opens the Debug Console over the terminal of the first session.
      if (isForTerminal(configuration) && configuration['internalConsoleOptions'] === undefined)
        return { ...configuration, internalConsoleOptions: 'neverOpen' };
      if (configuration.request !== 'attach' || targets.some((name) => configuration[name] !== undefined))
        return configuration;
      return { ...configuration, pid: '${command:pickProcess}' };
    },
    async resolveDebugConfigurationWithSubstitutedVariables(folder, configuration) {
      if (configuration.request !== 'launch')
        return configuration;
      const base = (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath;
      const completed = base !== undefined && configuration['cwd'] === undefined ? { ...configuration, cwd: base } : configuration;
      const program: unknown = configuration['program'];
      if (typeof program !== 'string' || program === '')
        return completed;
      const places = [completed['cwd'] as unknown, base].filter((place): place is string => typeof place === 'string');
      const judged = await Promise.all((path.isAbsolute(program) ? ['/'] : places).map((place) => judge(path.resolve(place, program))));
      const found = judged.find(({ problem }) => problem === undefined);
      if (found)
        return { ...completed, program: found.file };
      // A name without a slash may be one of PATH, which the adapter searches. What a task is about to build need not be there yet.
      if (!program.includes('/') || judged.length === 0 || configuration['preLaunchTask'] !== undefined)
        return completed;
      void tell(`The program ${judged[0]!.file} ${judged[0]!.problem}`);
      return undefined;  // without waiting for the message to be closed: F5 would do nothing until then
    },
  });
}

/** Does the program have VS Code's own terminal for its input and output? */
function isForTerminal({ request, ...attributes }: vscode.DebugConfiguration): boolean {
  const console: unknown = attributes['console'] ?? attributes['terminal'];
  return request === 'launch' && (console === undefined ? attributes['runInTerminal'] === true && attributes['externalConsole'] !== true :
    console === 'integratedTerminal' || console === 'integrated');
}

async function judge(file: string): Promise<{ file: string; problem?: string }> {
  try {
    const status = await stat(file);
    return status.isFile() ? { file } : { file, problem: 'is not a file. Correct "program" in the configuration.' };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { file, problem: code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist. Build it first, or correct "program" in the configuration.' :
      `cannot be opened (${code}).` };
  }
}

async function tell(message: string): Promise<void> {
  const open = 'Open launch.json';
  if (await vscode.window.showErrorMessage(message, open) === open)
    await vscode.commands.executeCommand('workbench.action.debug.configure');
}
