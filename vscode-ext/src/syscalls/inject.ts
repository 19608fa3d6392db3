// The command Inject Syscall Result...: what calls give the program in place of what the kernel would.
import { constants } from 'node:os';
import * as vscode from 'vscode';
import { pickCalls } from './callPicker';
import { currentCall, type CurrentCall } from './currentCall';
import { checkValue, checkWhen, describeInjection, injectionText, type Effect, type Injection } from './injection';
import type { SyscallList } from './protocol';
import { ruleMistake, splitRules } from './rules';
import type { SyscallSession, SyscallSessions } from './sessions';
import { focusedThread } from './step';

interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

async function choose<T>(title: string, placeHolder: string, choices: readonly Choice<T>[]): Promise<T | undefined> {
  return (await vscode.window.showQuickPick(choices, { title, placeHolder, ignoreFocusOut: true }))?.value;
}

async function ask(title: string, prompt: string, value: string, check: (text: string) => string | undefined): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({ title, prompt, value, ignoreFocusOut: true, validateInput: check });
  return text?.trim();
}

/** Shows what was done, with a button that takes it back. */
async function tell(message: string, undo: () => Promise<unknown>): Promise<void> {
  if (await vscode.window.showInformationMessage(message, 'Undo') === 'Undo')
    await attempt(undo);
}

async function attempt(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    void vscode.window.showErrorMessage(ruleMistake(error));
  }
}

// ---- what a call does instead --------------------------------------------------------------------------------------------

function errorChoices({ errors }: SyscallList): Choice<string>[] {
  return errors.flatMap(({ name, number, description }) =>
    description === undefined ? [] : { label: name, description: `${number}  ${description}`, value: name });
}

const prompts: Record<Exclude<Effect['kind'], 'error'>, { prompt: string; value: string }> = {
  retval: { prompt: 'The number that the call returns', value: '0' },
  signal: { prompt: 'The signal that comes with the call, such as SIGUSR1', value: 'SIGUSR1' },
  delay_enter: { prompt: 'How long the thread waits before the call: 20ms, 1.5s, or microseconds', value: '100ms' },
  delay_exit: { prompt: 'How long the thread waits before the call returns: 20ms, 1.5s, or microseconds', value: '100ms' },
};

async function chooseEffect(title: string, list: SyscallList): Promise<Effect | undefined> {
  const kind = await choose<Effect['kind']>(title, 'What happens at the calls', [
    { label: '$(error) Fail', description: 'The call is not made and fails with an error', value: 'error' },
    { label: '$(arrow-left) Return a Value', description: 'The call is not made and returns a number', value: 'retval' },
    { label: '$(zap) Send a Signal', description: 'The call is made, and the thread gets a signal', value: 'signal' },
    { label: '$(watch) Delay the Call', description: 'The thread waits before the call is made', value: 'delay_enter' },
    { label: '$(history) Delay the Return', description: 'The thread waits before the call returns', value: 'delay_exit' },
  ]);
  if (kind === undefined)
    return undefined;
  if (kind === 'error') {
    const value = await choose(title, 'The error with which the call fails', errorChoices(list));
    return value === undefined ? undefined : { kind, value };
  }
  if (kind === 'signal') {
    const value = await choose(title, prompts.signal.prompt,
      Object.entries(constants.signals).map(([name, number]) => ({ label: name, description: String(number), value: name })));
    return value === undefined ? undefined : { kind, value };
  }
  const { prompt, value: first } = prompts[kind];
  const value = await ask(title, prompt, first, (text) => checkValue(kind, text));
  return value === undefined ? undefined : { kind, value };
}

/** null: at each call. Undefined: given up. */
async function chooseWhen(title: string): Promise<string | null | undefined> {
  const choice = await choose<string | null>(title, 'At which of these calls, counted from now on', [
    { label: 'Each Call', value: null },
    { label: 'The First Call', value: '1' },
    { label: 'The Nth Call…', description: 'one alone', value: 'N' },
    { label: 'From the Nth Call On…', value: 'N+' },
    { label: 'By Number…', description: '1..4 (the first four), 1+2 (every second one), 1..9+4', value: '' },
  ]);
  if (choice === 'N' || choice === 'N+') {
    const number = await ask(title, 'Which call, counted from 1', '2',
      (text) => /^[1-9]\d*$/.test(text.trim()) ? undefined : 'Calls are counted from 1.');
    return number === undefined ? undefined : choice.replace('N', number);
  }
  return choice === '' ? ask(title, 'Which calls: 3, 2+, 1..4, 1+2, 1..9+4', '1+2', checkWhen) : choice;
}

// ---- the three ways ------------------------------------------------------------------------------------------------------

async function injectNow(call: CurrentCall, list: SyscallList): Promise<void> {
  const title = `Inject Result: ${call.name}`;
  const before = call.result;
  const number: Choice<string> = { label: '$(edit) Another Value…', description: 'a number that the call returns', value: '', alwaysShow: true };
  let value = await choose(title, call.isEntry ? 'The call is not made. It fails with, or returns…' : 'The call was made. It fails with, or returns…',
    [number, ...errorChoices(list)]);
  if (value === '')
    value = await ask(title, prompts.retval.prompt, '0', (text) => checkValue('retval', text));
  if (value === undefined)
    return;
  const result = await call.setResult(value);
  const message = call.isEntry ? `This ${call.name} is not made; its result is ${result}.` : `The result of this ${call.name} is now ${result}.`;
  void tell(message, () => call.isEntry ? call.restore() : call.setResult(before));
}

async function injectLater(session: SyscallSession, list: SyscallList, current: string | undefined): Promise<void> {
  const title = 'Inject Syscall Result';
  let rules: string[] = [];
  await pickCalls({
    title, placeholder: 'Calls to inject into; or a set with a condition, such as: write if $arg.fd == 2', rule: undefined, current, list,
    accept: async (chosen) => {
      if (chosen === null)
        throw new Error('Tick the calls to inject into, or type a rule.');
      await session.check({ stop: chosen });  // what is done to the calls is asked later; a mistake in their rule is told here
      rules = splitRules(chosen);
    },
  });
  const effect = rules.length === 0 ? undefined : await chooseEffect(title, list);
  const when = effect && await chooseWhen(title);
  if (!effect || when === undefined)
    return;
  const injections = rules.map((rule): Injection => ({ rule, effect, ...(when === null ? {} : { when }) }));
  const texts = injections.map(injectionText);
  const held = (await session.change({})).inject ?? [];
  await session.change({ inject: [...held, ...texts] });
  void tell(injections.map(describeInjection).join(' '), () => remove(session, texts));
}

/** Those that were added later stay. */
async function remove(session: SyscallSession, texts: readonly string[]): Promise<void> {
  const left = [...(await session.change({})).inject ?? []];
  for (const text of texts) {
    const at = left.lastIndexOf(text);
    if (at >= 0)
      left.splice(at, 1);
  }
  await session.change({ inject: left });
}

async function removeSome(session: SyscallSession, held: readonly string[]): Promise<void> {
  const items = held.map((label) => ({ label, picked: true }));
  const kept = await vscode.window.showQuickPick(items, {
    title: 'Injections', placeHolder: 'What is not ticked is removed', canPickMany: true, ignoreFocusOut: true,
  });
  const removed = kept ? items.filter((item) => !kept.includes(item)).map(({ label }) => label) : [];
  if (removed.length === 0)
    return;
  await remove(session, removed);
  void tell(removed.length === 1 ? `Removed: ${removed[0]}` : `Removed ${removed.length} injections.`,
    async () => session.change({ inject: [...(await session.change({})).inject ?? [], ...removed] }));
}

export async function injectSyscallResult(sessions: SyscallSessions, list: SyscallList): Promise<void> {
  const session = sessions.active;
  if (!session) {
    void vscode.window.showInformationMessage('Injecting results of system calls needs a running session of ptdap.');
    return;
  }
  await attempt(async () => {
    const thread = session.stoppedThread === undefined ? undefined : focusedThread(session);
    const call = thread === undefined ? undefined : await currentCall(session.session, thread);
    const held = (await session.change({})).inject ?? [];
    const ways: Choice<() => Promise<void>>[] = [];
    if (call) {
      ways.push({ label: `$(target) This Call: ${call.name}`, value: () => injectNow(call, list),
        description: call.isEntry ? 'it is not made, and gives what you choose' : 'it was made; the program gets what you choose' });
    }
    ways.push({ label: '$(add) Calls to Come…', description: 'an error, a value, a signal or a delay', value: () => injectLater(session, list, call?.name) });
    if (held.length > 0) {
      ways.push({ label: '$(trash) Remove Injections…', description: held.length === 1 ? held[0] as string : `${held.length} hold now`,
        value: () => removeSome(session, held) });
    }
    const way = ways.length === 1 ? ways[0]?.value : await choose('Inject Syscall Result', 'Into which call', ways);
    await way?.();
  });
}
