// The call at which a thread stands, by its scope Syscall.
import type * as vscode from 'vscode';

export interface CurrentCall {
  readonly name: string;
  readonly number: string;
  /** Else it has been made, and the result can still be changed. */
  readonly isEntry: boolean;
  readonly result: string;
  /** The value as it is then told. `ENOENT`, `-1`, `4096`. */
  setResult(value: string): Promise<string>;
  /** At the entry: the call is made after all. */
  restore(): Promise<void>;
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Undefined: it stands at none. */
export async function currentCall(session: vscode.DebugSession, threadId: number): Promise<CurrentCall | undefined> {
  const { stackFrames } = await session.customRequest('stackTrace', { threadId, startFrame: 0, levels: 1 }) as { stackFrames: { id: number }[] };
  if (!stackFrames[0])
    return undefined;
  const { scopes } = await session.customRequest('scopes', { frameId: stackFrames[0].id }) as
    { scopes: { name: string; variablesReference: number }[] };
  const variablesReference = scopes.find(({ name }) => name === 'Syscall')?.variablesReference;
  if (variablesReference === undefined)
    return undefined;
  const { variables } = await session.customRequest('variables', { variablesReference }) as { variables: Variable[] };
  const value = (name: string): string => variables.find((variable) => variable.name === name)?.value ?? '';
  const set = async (name: string, text: string): Promise<string> =>
    (await session.customRequest('setVariable', { variablesReference, name, value: text }) as { value: string }).value;
  const number = value('number');
  return {
    name: value('name'), number, isEntry: value('phase').startsWith('entry'), result: value('result'),
    setResult: (text) => set('result', text),
    restore: async () => void await set('number', number),
  };
}
