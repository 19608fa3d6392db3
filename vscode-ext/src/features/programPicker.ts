// The program to debug where no launch.json names it: F5, ptdap.selectProgram and ${command:pickProgram}.
import { readdir, stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { hasDebugInfo } from '../elf';
import { buildCommand, findPrograms, type Program, type SearchResult } from '../programs';
import type { Services } from '../services';

type Folder = vscode.WorkspaceFolder | undefined;

interface Item extends vscode.QuickPickItem {
  /** Undefined: "Browse...". */
  readonly program?: string;
}

/** How many programs the list says the debug information of, and are offered as configurations. */
const shown = 200;
const offered = 20;
/** A search that takes longer shows its list while it goes on. */
const patienceMs = 300;

export function register({ context }: Services): vscode.Disposable {
  const choice = new Choice(context.workspaceState);
  const resolver: vscode.DebugConfigurationProvider = {
    resolveDebugConfiguration: (folder, configuration) => complete(choice, folder, configuration),
  };
  const dynamic: vscode.DebugConfigurationProvider = { provideDebugConfigurations: offer };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('ptdap.pickProgram', () => programOf(choice, currentFolder())),
    vscode.commands.registerCommand('ptdap.selectProgram', () => selectProgram(choice)),
    vscode.debug.registerDebugConfigurationProvider('ptdap', resolver),
    vscode.debug.registerDebugConfigurationProvider('ptdap', dynamic, vscode.DebugConfigurationProviderTriggerKind.Dynamic),
  );
}

/** Which program a folder's user has chosen. */
class Choice {
  constructor(private readonly state: vscode.Memento) {}

  get(folder: Folder): string | undefined {
    return this.state.get<string>(this.key(folder));
  }

  async set(folder: Folder, program: string): Promise<void> {
    await this.state.update(this.key(folder), program);
  }

  private key(folder: Folder): string {
    return `program:${folder?.uri.toString() ?? ''}`;
  }
}

/** The folder of the edited file, or the first. */
function currentFolder(): Folder {
  const file = vscode.window.activeTextEditor?.document.uri;
  return (file && vscode.workspace.getWorkspaceFolder(file)) ?? vscode.workspace.workspaceFolders?.[0];
}

/** F5 without a launch.json comes with an empty configuration. One of launch.json may lack the program as well. */
async function complete(choice: Choice, folder: Folder, configuration: vscode.DebugConfiguration): Promise<vscode.DebugConfiguration | undefined> {
  const isEmpty = !configuration.type && !configuration.request && !configuration.name;
  if (!isEmpty && (configuration.request !== 'launch' || configuration['program'] !== undefined))
    return configuration;
  const program = await programOf(choice, folder ?? currentFolder());
  if (program === undefined)
    return undefined;
  if (!isEmpty)
    return { ...configuration, program };
  return { ...configuration, type: 'ptdap', request: 'launch', name: path.basename(program), program, stopAtBeginningOfMainSubprogram: true };
}

/** The list behind "ptdap..." in the menu of configurations. */
async function offer(folder: Folder, token?: vscode.CancellationToken): Promise<vscode.DebugConfiguration[]> {
  const attach = { type: 'ptdap', request: 'attach', name: 'Attach to a process', pid: '${command:pickProcess}' };
  if (!folder)
    return [attach];
  const abort = new AbortController();
  token?.onCancellationRequested(() => abort.abort());
  const { programs } = await findPrograms(folder.uri.fsPath, abort.signal);
  const launches = programs.slice(0, offered).map((program) => {
    const name = path.relative(folder.uri.fsPath, program.path);
    return { type: 'ptdap', request: 'launch', name: `Debug ${name}`, program: `\${workspaceFolder}/${name}`, stopAtBeginningOfMainSubprogram: true };
  });
  return [...launches, attach];
}

async function selectProgram(choice: Choice): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const folder = folders.length > 1 ?
    await vscode.window.showWorkspaceFolderPick({ placeHolder: 'Folder whose program is to be selected' }) : folders[0];
  if (folder || folders.length === 0)
    await ask(choice, folder, true);
}

/** What was chosen before, the only one there is, or what the user chooses now; undefined: nothing. */
async function programOf(choice: Choice, folder: Folder): Promise<string | undefined> {
  const known = choice.get(folder);
  return known !== undefined && await isFile(known) ? known : ask(choice, folder, false);
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then((status) => status.isFile(), () => false);
}

async function ask(choice: Choice, folder: Folder, isSelecting: boolean): Promise<string | undefined> {
  const abort = new AbortController();
  const search = folder ? findPrograms(folder.uri.fsPath, abort.signal) : Promise.resolve({ programs: [], isPartial: false });
  const early = await Promise.race([search, new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs, undefined))]);
  if (early?.programs.length === 0)
    return void tellThatNone(choice, folder, !isSelecting);
  if (early?.programs.length === 1 && !isSelecting)
    return early.programs[0]!.path;
  const item = await choose(folder, search, choice.get(folder), isSelecting);
  abort.abort();
  if (item === 'none')
    return void tellThatNone(choice, folder, !isSelecting);
  if (!item)
    return undefined;
  const program = item.program ?? await browse(folder);
  if (program !== undefined)
    await choice.set(folder, program);
  return program;
}

/** The list, which fills when the search ends; "none" if there is nothing to put into it. */
function choose(folder: Folder, search: Promise<SearchResult>, current: string | undefined, isSelecting: boolean): Promise<Item | 'none' | undefined> {
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = 'Program to Debug';
  picker.placeholder = 'Searching the workspace for executables...';
  picker.matchOnDescription = true;
  picker.busy = true;
  return new Promise((resolve, reject) => {
    const finish = (item: Item | 'none' | undefined): void => {
      resolve(item);
      picker.dispose();
    };
    picker.onDidAccept(() => picker.selectedItems[0] && finish(picker.selectedItems[0]));
    picker.onDidHide(() => finish(undefined));
    picker.show();
    const fill = async ({ programs, isPartial }: SearchResult): Promise<void> => {
      if (programs.length === 0)
        return finish('none');
      if (programs.length === 1 && !isSelecting)
        return finish({ label: '', program: programs[0]!.path });
      picker.items = await listed(programs, folder);
      const programItems = picker.items.filter(({ program }) => program !== undefined);
      picker.activeItems = [programItems.find(({ program }) => program === current) ?? programItems[0]!];
      picker.placeholder = isPartial ? 'Program to debug (the workspace is too large to list all)' : 'Program to debug';
      picker.busy = false;
    };
    search.then(fill).catch((error: Error) => (error.name === 'AbortError' ? finish(undefined) : reject(error)));
  });
}

async function listed(programs: readonly Program[], folder: Folder): Promise<Item[]> {
  const items: Item[] = [];
  let group: string | undefined;
  for (const [i, program] of programs.entries()) {
    const kind = program.isTest ? 'cargo tests' : program.isBuildOutput ? 'build results' : 'other executables';
    if (kind !== group)
      items.push({ label: kind, kind: vscode.QuickPickItemKind.Separator });
    group = kind;
    const place = path.dirname(folder ? path.relative(folder.uri.fsPath, program.path) : program.path);
    const isBare = i < shown && !await hasDebugInfo(program.path).catch(() => true);
    const facts = [place === '.' ? '' : place, new Date(program.modifiedMs).toLocaleString(), isBare ? 'no debug information' : ''];
    items.push({ label: path.basename(program.path), description: facts.filter((fact) => fact !== '').join(' · '), program: program.path });
  }
  items.push({ label: '', kind: vscode.QuickPickItemKind.Separator }, { label: '$(folder-opened) Browse...', alwaysShow: true });
  return items;
}

async function browse(folder: Folder): Promise<string | undefined> {
  const files = await vscode.window.showOpenDialog({
    title: 'Program to Debug', openLabel: 'Debug', canSelectMany: false, ...(folder ? { defaultUri: folder.uri } : {}),
  });
  return files?.[0]?.fsPath;
}

/** Nobody waits for this: VS Code takes F5 for nothing while a start is being resolved. So what is browsed for here begins a new start. */
async function tellThatNone(choice: Choice, folder: Folder, isStarting: boolean): Promise<void> {
  const file = vscode.window.activeTextEditor?.document;
  const command = buildCommand(folder?.uri.fsPath, folder ? await readdir(folder.uri.fsPath).catch(() => []) : [],
    file?.uri.scheme === 'file' ? { path: file.uri.fsPath, languageId: file.languageId } : undefined);
  const reason = folder ? `There is no executable in ${folder.name}.` : 'No folder is open.';
  const hint = command ? `Build your program with debug information first, for example: ${command.text}` :
    'Build your program with debug information (-g) first.';
  const [type, browsing] = ['Type It in a Terminal', 'Browse...'];
  const answer = await vscode.window.showErrorMessage(`${reason} ${hint}`, ...(command ? [type, browsing] : [browsing]));
  if (answer === type && command) {
    const terminal = vscode.window.createTerminal({ name: 'Build', cwd: command.folder });
    terminal.show();
    terminal.sendText(command.text, false);
  }
  const program = answer === browsing ? await browse(folder) : undefined;
  if (program === undefined)
    return;
  await choice.set(folder, program);
  if (isStarting)
    await vscode.commands.executeCommand('workbench.action.debug.start');
}
