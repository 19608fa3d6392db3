// Where the debug adapter is, by the settings, and what it says of itself.
import * as path from 'node:path';
import * as vscode from 'vscode';
import { AdapterProblem, type AdapterCommand, checkLogFile, checkPlatform, commandWith, environmentWith, expandPath, KnownOutputs, mistakeInRule } from './adapterProgram';

export class Adapter {
  private readonly outputs = new KnownOutputs();

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
    return commandWith(this.environment(folder), file, args);
  }

  /** What `ptdap ARGS` prints, as JSON. Asked once for each version of the file and each environment. Throws an AdapterProblem. */
  async json<T>(args: readonly string[], folder?: vscode.WorkspaceFolder): Promise<T> {
    const text = await this.output(args, folder);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new AdapterProblem(`${this.program(folder).file} ${args.join(' ')} printed no JSON (${(error as Error).message}). ` +
        'It may be older than the extension: clear the setting ptdap.path.');
    }
  }

  /** What is wrong with a rule of system calls; undefined: nothing is known to be. */
  mistakeInRule(rule: string, folder?: vscode.WorkspaceFolder): Promise<string | undefined> {
    return mistakeInRule(this.program(folder).file, rule, environmentWith(this.environment(folder)));
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

  private environment(folder?: vscode.WorkspaceFolder): Record<string, string | null> {
    return vscode.workspace.getConfiguration('ptdap', folder).get<Record<string, string | null>>('env', {});
  }

  private async output(args: readonly string[], folder?: vscode.WorkspaceFolder): Promise<string> {
    checkPlatform(process.platform, process.arch);
    const { file, isSetting } = this.program(folder);
    return this.outputs.of(file, args, this.environment(folder), isSetting);
  }
}

/** Opens the settings where ptdap.path is to be seen: in a remote window a setting of the machine is not among the user's. */
function settingsCommand(): string {
  const setting = vscode.workspace.getConfiguration('ptdap').inspect('path');
  if (setting?.workspaceFolderValue !== undefined || setting?.workspaceValue !== undefined)
    return 'workbench.action.openWorkspaceSettings';
  return vscode.env.remoteName === undefined ? 'workbench.action.openSettings' : 'workbench.action.openRemoteSettings';
}
