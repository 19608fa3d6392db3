// Numbers in hex: for a session (button of the Variables view) and for one variable (its context menu). VS Code never asks an adapter for it.
import * as vscode from 'vscode';
import type { Services } from '../services';

/** What VS Code hands to a command of the menu of a variable. */
interface VariableContext {
  readonly sessionId: string;
  readonly container?: { readonly variablesReference?: number };
  readonly variable: { readonly name: string; readonly value: string; readonly evaluateName?: string };
}

interface Format {
  /** What the session shows now. */
  hex: boolean;
  /** Variables that were set apart from it, by the path they are reached by. */
  readonly variables: Map<string, boolean>;
}

const contextKey = 'ptdap.isHex';

export function register({ log }: Services): vscode.Disposable {
  const sessions = new Map<string, vscode.DebugSession>();
  const formats = new Map<string, Format>();

  const formatOf = (session: vscode.DebugSession): Format => {
    const format = formats.get(session.id) ?? { hex: session.configuration['hex'] === true, variables: new Map<string, boolean>() };
    formats.set(session.id, format);
    return format;
  };
  const update = (): void => {
    const session = vscode.debug.activeDebugSession;
    void vscode.commands.executeCommand('setContext', contextKey, session?.type === 'ptdap' && formatOf(session).hex);
  };
  const send = async (session: vscode.DebugSession, args: object): Promise<boolean | undefined> => {
    try {
      return (await session.customRequest('ptdap/setFormat', args) as { hex: boolean }).hex;
    } catch (error) {
      log.error(`ptdap/setFormat: ${(error as Error).message}`);
      void vscode.window.showErrorMessage(`The number format was not changed: ${(error as Error).message}`);
      return undefined;
    }
  };
  const setSession = async (hex?: boolean): Promise<void> => {
    const session = vscode.debug.activeDebugSession;
    if (session?.type !== 'ptdap')
      return void vscode.window.showInformationMessage('No program is being debugged with ptdap.');
    const format = formatOf(session);
    format.hex = await send(session, { hex: hex ?? !format.hex }) ?? format.hex;
    update();
  };
  const toggleVariable = async (context?: VariableContext): Promise<void> => {
    const session = context && sessions.get(context.sessionId);
    if (!session)
      return void vscode.window.showInformationMessage('Choose this in the context menu of a variable.');
    const { name, value, evaluateName } = context.variable;
    const format = formatOf(session);
    const key = evaluateName ?? name;
    // A number shows what it is. Of others the last switch counts.
    const isHex = /^-?0x/i.test(value) || (!/^-?\d/.test(value) && (format.variables.get(key) ?? format.hex));
    const hex = await send(session, { hex: !isHex, name, evaluateName, variablesReference: context.container?.variablesReference });
    if (hex !== undefined)
      format.variables.set(key, hex);
  };

  return vscode.Disposable.from(
    vscode.commands.registerCommand('ptdap.toggleHex', () => setSession()),
    vscode.commands.registerCommand('ptdap.showHex', () => setSession(true)),
    vscode.commands.registerCommand('ptdap.showDecimal', () => setSession(false)),
    vscode.commands.registerCommand('ptdap.toggleVariableHex', toggleVariable),
    vscode.debug.onDidStartDebugSession((session) => {
      if (session.type !== 'ptdap')
        return;
      sessions.set(session.id, session);
      formats.delete(session.id);  // a new adapter behind the same session
      update();
    }),
    vscode.debug.onDidTerminateDebugSession((session) => {
      sessions.delete(session.id);
      formats.delete(session.id);
    }),
    vscode.debug.onDidChangeActiveDebugSession(update),
    vscode.debug.registerDebugConfigurationProvider('ptdap', {
      resolveDebugConfiguration(folder, configuration) {
        const isDefault = vscode.workspace.getConfiguration('ptdap', folder).get<boolean>('hex', false);
        return isDefault && configuration['hex'] === undefined ? { ...configuration, hex: true } : configuration;
      },
    }),
  );
}
