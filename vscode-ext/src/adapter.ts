// Where the debug adapter is, by the settings, and what it says of itself.
import * as path from 'node:path';
import * as vscode from 'vscode';
import { AdapterProblem, checkFile, checkLogFile, checkPlatform, expandPath, run } from './adapterProgram';

/** How the adapter is started. */
export interface AdapterCommand {
  readonly program: string;
  readonly args: string[];
  /** Added to the environment of the extension host. */
  readonly env: Record<string, string>;
}

export class Adapter {
  /** Of files that were seen to start, by their stamp: what they printed, by arguments. */
  private readonly outputs = new Map<string, Map<string, Promise<string>>>();

  constructor(private readonly extensionPath: string, private readonly log: vscode.LogOutputChannel) {}

  /** The adapter for a folder, checked to start. Throws an AdapterProblem. */
  async command(folder?: vscode.WorkspaceFolder): Promise<AdapterCommand> {
    const settings = vscode.workspace.getConfiguration('ptdap', folder);
    const base = (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath;
    const logFile = expandPath(settings.get<string>('logFile', ''), base);
    await this.output(['--version'], folder);
    if (logFile !== '')
      await checkLogFile(logFile);
    const { file } = this.program(folder);
    const args = logFile === '' ? [] : ['--log', logFile];
    const { set, unset } = this.environment(folder);
    // VS Code can add to the environment of an adapter, but takes nothing out of it.
    return unset.length === 0 ? { program: file, args, env: set } :
      { program: '/usr/bin/env', args: [...unset.flatMap((name) => ['-u', name]), file, ...args], env: set };
  }

  /** What `ptdap ARGS` prints, as JSON. Asked once for each version of the file. Throws an AdapterProblem. */
  async json<T>(args: readonly string[], folder?: vscode.WorkspaceFolder): Promise<T> {
    const text = await this.output(args, folder);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new AdapterProblem(`${this.program(folder).file} ${args.join(' ')} printed no JSON (${(error as Error).message}). ` +
        'It may be older than the extension: clear the setting ptdap.path.');
    }
  }

  /**
   * Shows a problem, with a button that opens the setting. Other errors are thrown on, at once. Who is resolving a configuration does not wait for
   * what this gives: VS Code would take the session for one that still begins, and F5 for nothing, until the message is closed.
   */
  show(problem: unknown): Promise<void> {
    if (!(problem instanceof AdapterProblem))
      throw problem;
    this.log.error(problem.message);
    return this.offerSetting(problem);
  }

  private async offerSetting({ message, setting }: AdapterProblem): Promise<void> {
    const open = 'Open Setting';
    if (await vscode.window.showErrorMessage(message, open) === open)
      await vscode.commands.executeCommand(settingsCommand(), { query: setting });
  }

  private program(folder?: vscode.WorkspaceFolder): { file: string; isSetting: boolean } {
    const setting = vscode.workspace.getConfiguration('ptdap', folder).get<string>('path', '').trim();
    const base = (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath;
    return setting === '' ? { file: path.join(this.extensionPath, 'bin', 'ptdap'), isSetting: false } :
      { file: expandPath(setting, base), isSetting: true };
  }

  private environment(folder?: vscode.WorkspaceFolder): { set: Record<string, string>; unset: string[] } {
    const changes = Object.entries(vscode.workspace.getConfiguration('ptdap', folder).get<Record<string, string | null>>('env', {}));
    return {
      set: Object.fromEntries(changes.filter((change): change is [string, string] => change[1] !== null)),
      unset: changes.filter(([, value]) => value === null).map(([name]) => name),
    };
  }

  private async output(args: readonly string[], folder?: vscode.WorkspaceFolder): Promise<string> {
    checkPlatform(process.platform, process.arch);
    const { file, isSetting } = this.program(folder);
    const stamp = await checkFile(file, isSetting);
    const known = this.outputs.get(stamp) ?? new Map<string, Promise<string>>();
    this.outputs.set(stamp, known);
    const key = args.join('\0');
    const { set, unset } = this.environment(folder);
    const env = { ...process.env, ...set, ...Object.fromEntries(unset.map((name) => [name, undefined])) };
    const output = known.get(key) ?? run(file, args, env, isSetting).then(({ stdout }) => stdout);
    known.set(key, output);
    output.catch(() => known.delete(key));  // what failed is tried again: a library may be installed meanwhile
    return output;
  }
}

/** Opens the settings where ptdap.path is to be seen: in a remote window a setting of the machine is not among the user's. */
function settingsCommand(): string {
  const setting = vscode.workspace.getConfiguration('ptdap').inspect('path');
  if (setting?.workspaceFolderValue !== undefined || setting?.workspaceValue !== undefined)
    return 'workbench.action.openWorkspaceSettings';
  return vscode.env.remoteName === undefined ? 'workbench.action.openSettings' : 'workbench.action.openRemoteSettings';
}
