// The Syscalls view of the debug sidebar: the extension's side. The webview paints rows, all else is here.
import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { callText, gapText, jsonLine, straceLine } from './format';
import type { LaunchChoices } from './launchChoices';
import type { Details, FromView, ToView } from './messages';
import type { SyscallList } from './protocol';
import { ruleMistake } from './rules';
import type { SyscallSession, SyscallSessions } from './sessions';
import { isGap, type Entry } from './trace';
import { ViewModel, detailsText, placeText } from './viewModel';

const VIEW = 'ptdap.syscalls';
const RULE_KEY = 'syscalls.traceRule';

export class SyscallsView implements vscode.WebviewViewProvider, vscode.Disposable {
  private readonly model: ViewModel;
  private readonly subscriptions: vscode.Disposable;
  private view: vscode.WebviewView | undefined;
  /** A state is on its way to the screen: the next one waits for it. */
  private isPainting = false;
  private isStale = false;
  /** Sessions whose view was opened for them, since their configuration traces. */
  private readonly revealed = new WeakSet<SyscallSession>();

  constructor(
    private readonly context: vscode.ExtensionContext, private readonly sessions: SyscallSessions, private readonly choices: LaunchChoices,
    list: SyscallList,
  ) {
    this.model = new ViewModel(list);
    this.model.rule = context.workspaceState.get(RULE_KEY, '');
    const command = (name: string, run: () => unknown): vscode.Disposable => vscode.commands.registerCommand(`ptdap.syscalls.${name}`, run);
    this.subscriptions = vscode.Disposable.from(
      vscode.window.registerWebviewViewProvider(VIEW, this),
      sessions.onDidChange((session) => this.sessionsChanged(session)),
      sessions.onDidTrace((session) => this.traced(session)),
      command('startTracing', () => this.setTracing(this.model.rule)),
      command('stopTracing', () => this.setTracing(null)),
      command('pause', () => this.change(() => this.model.pause())),
      command('resume', () => this.change(() => this.model.resume())),
      command('clear', () => this.clear()),
      command('save', () => this.save()),
    );
    this.updateKeys();
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  /** What the adapter knows of calls, once it was asked. */
  setList(list: SyscallList): void {
    this.change(() => this.model.setList(list));
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const root = vscode.Uri.joinPath(this.context.extensionUri, 'dist');
    this.view = view;
    this.isPainting = false;
    view.webview.options = { enableScripts: true, localResourceRoots: [root] };
    view.webview.onDidReceiveMessage((message: FromView) => this.received(message));
    view.onDidDispose(() => this.view = undefined);
    view.webview.html = page(view.webview, root);
  }

  // ---- what happens in sessions ------------------------------------------------------------------------------------------

  private sessionsChanged(changed: SyscallSession | undefined): void {
    const { all, active } = this.sessions;
    // One that ended stays on the screen until another one runs.
    const shown = active ?? all.find(({ id }) => id === this.model.session?.id) ?? all.at(-1);
    this.model.show(shown);
    if (changed === shown && shown?.trace.callCount === 0)
      this.model.restarted();
    this.refresh();
  }

  private traced(session: SyscallSession): void {
    if (session.trace.callCount > 0 && !this.revealed.has(session)) {
      this.revealed.add(session);
      if (!this.view?.visible)
        void vscode.commands.executeCommand(`${VIEW}.focus`, { preserveFocus: true });
    }
    if (session.id === this.model.session?.id)
      this.refresh();
  }

  private get live(): SyscallSession | undefined {
    const shown = this.shown;
    return shown?.hasEnded === false ? shown : undefined;
  }

  private get shown(): SyscallSession | undefined {
    return this.sessions.all.find(({ id }) => id === this.model.session?.id);
  }

  // ---- commands ----------------------------------------------------------------------------------------------------------

  /** null: traces no longer. Without a session: for the next one. */
  private async setTracing(rule: string | null): Promise<void> {
    this.model.ruleProblem = undefined;
    // What was traced until now is traced again at the next start.
    this.model.rule = rule ?? this.live?.rule ?? this.model.rule;
    const session = this.live;
    try {
      if (session) {
        await session.change({ trace: rule, events: true });
        await this.choices.remember('trace', rule, session.session);
      } else {
        await this.choices.choose('trace', rule);
      }
      if (rule !== null)
        await this.context.workspaceState.update(RULE_KEY, rule);
    } catch (error) {
      this.model.ruleProblem = ruleMistake(error);
    }
    this.refresh();
    if (rule !== null && !this.view?.visible)
      await vscode.commands.executeCommand(`${VIEW}.focus`);
  }

  private clear(): void {
    const session = this.shown;
    this.change(() => {
      this.model.restarted();
      if (session)
        this.sessions.clear(session);
    });
  }

  private async save(): Promise<void> {
    const entries = [...this.model.trace?.rows() ?? []];
    if (entries.length === 0) {
      void vscode.window.showInformationMessage('There are no system calls to save.');
      return;
    }
    const folder = this.shown?.session.workspaceFolder?.uri ?? vscode.workspace.workspaceFolders?.[0]?.uri;
    const target = await vscode.window.showSaveDialog({
      title: 'Save System Calls', ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'syscalls.strace') } : {}),
      filters: { 'Text as strace writes it': ['strace', 'txt', 'log'], 'JSON lines as ptdap trace --json writes them': ['jsonl', 'json'] },
    });
    if (!target)
      return;
    const isJson = /\.jsonl?$/i.test(target.path);
    const lines = entries.map((entry) => isGap(entry) ? gapLine(entry.dropped, isJson) : isJson ? jsonLine(entry) : straceLine(entry));
    try {
      await vscode.workspace.fs.writeFile(target, Buffer.from(`${lines.join('\n')}\n`));
    } catch (error) {
      void vscode.window.showErrorMessage(`The system calls could not be saved: ${(error as Error).message}`);
      return;
    }
    const open = 'Open';
    const answer = await vscode.window.showInformationMessage(
      `Saved ${entries.length.toLocaleString('en')} lines to ${path.basename(target.path)}.`, open);
    if (answer === open)
      await vscode.window.showTextDocument(target);
  }

  // ---- the webview -------------------------------------------------------------------------------------------------------

  private change(change: () => void): void {
    change();
    this.refresh();
  }

  private received(message: FromView): void {
    switch (message.type) {
      case 'ready':
        this.isPainting = false;
        this.refresh();
        break;
      case 'painted':
        this.isPainting = false;
        if (this.isStale)
          this.refresh();
        break;
      case 'window':
        this.model.setWindow(message.from, message.count, message.isFollowing);
        this.post();  // the one who scrolls does not wait
        break;
      case 'filter':
        this.model.setFilter(message.text, message.areErrorsOnly, message.selected);
        this.post();
        break;
      case 'summary':
        this.model.isSummaryShown = message.isShown;
        this.post();
        break;
      case 'trace':
        void this.setTracing(message.rule);
        break;
      case 'session':
        this.model.show(this.sessions.all.find(({ id }) => id === message.id));
        this.refresh();
        break;
      case 'select':
        this.details(message.number);
        break;
      case 'open':
        void this.open(message.number);
        break;
      case 'copy':
        this.withEntry(message.number, (entry) => void vscode.env.clipboard.writeText(isGap(entry) ? gapText(entry.dropped) : callText(entry)));
        break;
    }
  }

  private withEntry(number: number, use: (entry: Entry) => void): void {
    const entry = this.model.trace?.entry(number);
    if (entry)
      use(entry);
  }

  private details(number: number, problem?: string): void {
    this.withEntry(number, (entry) => {
      const { line, note } = detailsText(entry);
      this.send({ type: 'details', number, line, note: problem ?? note });
    });
  }

  private async open(number: number): Promise<void> {
    const entry = this.model.trace?.entry(number);
    this.details(number);
    if (!entry || isGap(entry) || entry.source?.path === undefined)
      return;
    const line = Math.max(0, (entry.line ?? 1) - 1);
    try {
      await vscode.window.showTextDocument(vscode.Uri.file(entry.source.path),
        { selection: new vscode.Range(line, 0, line, 0), preserveFocus: true, preview: true });
    } catch {
      this.details(number, `${placeText(entry) ?? ''} cannot be opened. If the sources are elsewhere, set sourceMap in the launch configuration.`);
    }
  }

  private refresh(): void {
    this.updateKeys();
    if (this.view?.visible !== true || this.isPainting)
      this.isStale = true;
    else
      this.post();
  }

  private post(): void {
    this.isStale = false;
    this.isPainting = true;
    const all = this.sessions.all;
    const sessions = all.map(({ id, session, hasEnded }) => ({ id, name: hasEnded ? `${session.name} (ended)` : session.name }));
    this.send(this.model.state(sessions, this.choices.rule('trace') !== null));
  }

  private send(message: ToView | Details): void {
    void this.view?.webview.postMessage(message);
  }

  private readonly keys = new Map<string, boolean>();

  private updateKeys(): void {
    const session = this.model.session;
    const isTracing = session && !session.hasEnded ? session.isTracing : this.choices.rule('trace') !== null;
    const keys = {
      'ptdap.syscalls.isTracing': isTracing,
      'ptdap.syscalls.isPaused': this.model.isPaused,
      'ptdap.syscalls.isUsed': isTracing || this.sessions.all.length > 0,
    };
    for (const [key, value] of Object.entries(keys)) {
      if (this.keys.get(key) === value)
        continue;
      this.keys.set(key, value);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  }
}

function gapLine(dropped: number, isJson: boolean): string {
  return isJson ? JSON.stringify({ dropped }) : `# ${gapText(dropped)}`;
}

function page(webview: vscode.Webview, root: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const script = webview.asWebviewUri(vscode.Uri.joinPath(root, 'syscallsView.js'));
  const style = webview.asWebviewUri(vscode.Uri.joinPath(root, 'syscallsView.css'));
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'">
<link rel="stylesheet" href="${style}">
<title>Syscalls</title>
</head>
<body>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
