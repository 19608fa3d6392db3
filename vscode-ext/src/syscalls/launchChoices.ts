// What is to be traced and where to stop, chosen in the editor, laid into the configurations of sessions to come.
import type * as vscode from 'vscode';
import type { SyscallSettings } from './protocol';

/** The rule; null: none. `isFresh`: chosen while no session ran, for the next one, whatever its configuration says. */
interface Choice {
  readonly rule: string | null;
  readonly isFresh: boolean;
}

export type ChoiceName = 'stop' | 'trace';

const noChoice: Choice = { rule: null, isFresh: false };

export class LaunchChoices implements vscode.DebugConfigurationProvider {
  // Tracing costs the program time, so that it is forgotten with the window.
  private trace = noChoice;

  /** `mistakeIn` asks the adapter what is wrong with a rule while no session can be asked; undefined: nothing. */
  constructor(private readonly memory: vscode.Memento, private readonly mistakeIn: (rule: string) => Promise<string | undefined>) {}

  rule(name: ChoiceName): string | null {
    return this.choice(name).rule;
  }

  /** For the next session and those after it. Throws what is wrong with the rule; then all stays as it was. */
  async choose(name: ChoiceName, rule: string | null): Promise<void> {
    const mistake = rule === null ? undefined : await this.mistakeIn(rule);
    if (mistake !== undefined)
      throw new Error(mistake);
    await this.keep(name, { rule, isFresh: true });
  }

  /** Chosen while a session runs: for sessions after it whose configurations say nothing, unless this one's own does. */
  async remember(name: ChoiceName, rule: string | null, session: vscode.DebugSession): Promise<void> {
    if (!this.hasOwn(name, session))
      await this.keep(name, { rule, isFresh: false });
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    _folder: vscode.WorkspaceFolder | undefined, configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration> {
    const value: unknown = configuration['syscalls'];
    const given: unknown = typeof value === 'string' ? { stop: value } : value ?? {};
    if (configuration['noDebug'] || typeof given !== 'object' || Array.isArray(given))
      return configuration;  // what is neither an object nor a rule the adapter refuses, in its words
    const syscalls = { ...given } as Record<string, unknown>;
    for (const name of ['stop', 'trace'] as const)
      await this.lay(name, syscalls);
    if (typeof syscalls['trace'] === 'string')
      syscalls['events'] ??= true;
    const { syscalls: _replaced, ...others } = configuration;
    return Object.keys(syscalls).length === 0 ? others as vscode.DebugConfiguration : { ...configuration, syscalls };
  }

  private async lay(name: ChoiceName, syscalls: Record<string, unknown>): Promise<void> {
    const { rule, isFresh } = this.choice(name);
    if (syscalls[name] !== undefined && !isFresh)
      return;
    if (rule === null)
      delete syscalls[name];
    else
      syscalls[name] = rule;
    await this.keep(name, { rule, isFresh: false });
  }

  /** Does its launch.json say something of it? What was laid into it does not count. */
  private hasOwn(name: ChoiceName, { configuration, id }: vscode.DebugSession): boolean {
    const known = this.own.get(`${name} ${id}`);
    if (known !== undefined)
      return known;
    const rule = (configuration['syscalls'] as SyscallSettings | undefined)?.[name];
    const hasOwn = rule !== undefined && rule !== this.choice(name).rule;
    this.own.set(`${name} ${id}`, hasOwn);
    return hasOwn;
  }

  private readonly own = new Map<string, boolean>();

  private choice(name: ChoiceName): Choice {
    return name === 'trace' ? this.trace : this.memory.get<Choice>(`syscalls.${name}`, noChoice);
  }

  private async keep(name: ChoiceName, choice: Choice): Promise<void> {
    if (name === 'trace')
      this.trace = choice;
    else
      await this.memory.update(`syscalls.${name}`, choice);
  }
}
