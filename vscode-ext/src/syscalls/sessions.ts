// The ptdap sessions and what is known of their system calls.
import * as vscode from 'vscode';
import type { SyscallChange, SyscallSettings, TraceEvent } from './protocol';
import { Trace } from './trace';

interface LaunchArguments {
  readonly syscalls?: SyscallSettings;
}

/** The messages of the protocol, as far as they matter here. */
interface Message {
  readonly type: string;
  readonly command?: string;
  readonly event?: string;
  readonly success?: boolean;
  readonly arguments?: LaunchArguments & { readonly arguments?: LaunchArguments };
  readonly body?: unknown;
}

export class SyscallSession {
  readonly trace = new Trace();
  settings: SyscallSettings = {};
  /** What the launch or the last restart said of them. */
  private given = '{}';
  /** When the program was started or attached to, in seconds since the epoch. */
  start = Date.now() / 1000;
  hasEnded = false;
  /** The thread that made everything stop; undefined while the program runs. */
  stoppedThread: number | undefined;

  constructor(readonly session: vscode.DebugSession) {}

  get id(): string {
    return this.session.id;
  }

  get isTracing(): boolean {
    return !this.hasEnded && this.rule !== undefined;
  }

  get rule(): string | undefined {
    return this.settings.trace ?? undefined;  // a launch.json may say null
  }

  /** Undefined: with the arguments of before. As in the adapter, what was changed since stays if they say the same of system calls. */
  started(launch: LaunchArguments | undefined): void {
    const given = JSON.stringify(launch?.syscalls ?? {});
    if (launch && given !== this.given) {
      this.settings = JSON.parse(given) as SyscallSettings;
      this.given = given;
    }
    this.start = Date.now() / 1000;
    this.trace.clear();
  }

  /** What holds afterwards. A mistake in a rule is an error in the adapter's words. */
  async change(change: SyscallChange): Promise<SyscallSettings> {
    return await this.session.customRequest('ptdap/syscalls', change) as SyscallSettings;
  }

  /** Throws what `change` would throw, and changes nothing. */
  async check(change: SyscallChange): Promise<void> {
    await this.session.customRequest('ptdap/checkSyscalls', change);
  }
}

export class SyscallSessions implements vscode.DebugAdapterTrackerFactory, vscode.Disposable {
  private readonly sessions = new Map<string, SyscallSession>();
  private readonly changed = new vscode.EventEmitter<SyscallSession | undefined>();
  private readonly traced = new vscode.EventEmitter<SyscallSession>();
  private readonly subscriptions: vscode.Disposable;

  /** Sessions came or went, or settings of one are others. */
  readonly onDidChange = this.changed.event;
  /** A session has more calls, or fewer. */
  readonly onDidTrace = this.traced.event;

  constructor() {
    this.subscriptions = vscode.Disposable.from(
      this.changed, this.traced,
      vscode.debug.registerDebugAdapterTrackerFactory('ptdap', this),
      vscode.debug.onDidChangeActiveDebugSession(() => this.changed.fire(undefined)),
      vscode.debug.onDidTerminateDebugSession((session) => this.ended(session)),
    );
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  /** Those that run, and those that ended since the last one began. */
  get all(): readonly SyscallSession[] {
    return [...this.sessions.values()];
  }

  /** The one that VS Code shows, if it runs. */
  get active(): SyscallSession | undefined {
    const session = vscode.debug.activeDebugSession;
    const found = session && this.sessions.get(session.id);
    return found?.hasEnded === false ? found : undefined;
  }

  clear(session: SyscallSession): void {
    session.trace.clear();
    this.traced.fire(session);
  }

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    for (const [id, old] of this.sessions) {
      if (old.hasEnded)
        this.sessions.delete(id);
    }
    const own = new SyscallSession(session);
    this.sessions.set(session.id, own);
    this.changed.fire(own);
    return {
      onWillReceiveMessage: (message: Message) => this.sent(own, message),
      onDidSendMessage: (message: Message) => this.received(own, message),
    };
  }

  private sent(session: SyscallSession, { type, command, arguments: args }: Message): void {
    if (type !== 'request' || !(command === 'launch' || command === 'attach' || command === 'restart'))
      return;
    session.started(command === 'restart' ? args?.arguments : args);
    this.changed.fire(session);
  }

  private received(session: SyscallSession, message: Message): void {
    if (message.type === 'response') {
      if (message.command === 'ptdap/syscalls' && message.success) {
        session.settings = message.body as SyscallSettings;
        this.changed.fire(session);
      }
    } else if (message.event === 'ptdap/syscallTrace') {
      session.trace.add(message.body as TraceEvent);
      this.traced.fire(session);
    } else if (message.event === 'stopped') {
      session.stoppedThread = (message.body as { threadId?: number }).threadId;
    } else if (message.event === 'continued') {
      session.stoppedThread = undefined;
    }
  }

  private ended({ id }: vscode.DebugSession): void {
    const session = this.sessions.get(id);
    if (!session)
      return;
    session.hasEnded = true;
    session.stoppedThread = undefined;
    this.changed.fire(session);
  }
}
