// Values in the text while stepping, and the expression under the mouse.
import * as vscode from 'vscode';
import { languages } from '../languages';
import type { Services } from '../services';
import { expressionAt } from '../sourceExpression';
import { outline, type Outline } from '../sourceTokens';

const selector = [...languages.keys()].map((language) => ({ language }));

/** Outlines of the documents that are stepped through: made once a version. */
class Outlines {
  private readonly known = new WeakMap<vscode.TextDocument, { version: number; outline: Outline }>();

  of(document: vscode.TextDocument): Outline | undefined {
    const language = languages.get(document.languageId);
    if (!language)
      return undefined;
    const known = this.known.get(document);
    if (known?.version === document.version)
      return known.outline;
    const made = outline(document.getText(), language);
    this.known.set(document, { version: document.version, outline: made });
    return made;
  }
}

export function register(_services: Services): vscode.Disposable {
  const outlines = new Outlines();
  const inlineValues: vscode.InlineValuesProvider = {
    provideInlineValues: (document, viewPort, context) =>
      (vscode.debug.activeDebugSession?.type === 'ptdap' ? valuesOf(outlines.of(document), viewPort, context.stoppedLocation.end.line) : []),
  };
  const expressions: vscode.EvaluatableExpressionProvider = {
    provideEvaluatableExpression(document, position) {
      const language = languages.get(document.languageId);
      const found = language && expressionAt(document.lineAt(position.line).text, position.character, language);
      return found && new vscode.EvaluatableExpression(new vscode.Range(position.line, found.begin, position.line, found.end));
    },
  };
  return whileDebugging(() => vscode.Disposable.from(
    vscode.languages.registerInlineValuesProvider(selector, inlineValues),
    vscode.languages.registerEvaluatableExpressionProvider(selector, expressions),
  ));
}

/** What is there while sessions of ours are: a provider takes the place of VS Code's own ways for every debugger of its languages. */
function whileDebugging(provide: () => vscode.Disposable): vscode.Disposable {
  const sessions = new Set<string>();
  let provided: vscode.Disposable | undefined;
  const update = (): void => {
    if (sessions.size > 0) {
      provided ??= provide();
    } else {
      provided?.dispose();
      provided = undefined;
    }
  };
  return vscode.Disposable.from(
    vscode.debug.onDidStartDebugSession(({ id, type }) => {
      if (type === 'ptdap')
        sessions.add(id);
      update();
    }),
    vscode.debug.onDidTerminateDebugSession(({ id }) => {
      sessions.delete(id);
      update();
    }),
    new vscode.Disposable(() => provided?.dispose()),
  );
}

/** The visible variables from the begin of the function to the line of the stop, each once a line. */
function valuesOf(outline: Outline | undefined, viewPort: vscode.Range, stopped: number): vscode.InlineValue[] {
  const body = outline?.functions.find(({ begin, end }) => begin <= stopped && stopped <= end);
  const [first, last] = [Math.max(viewPort.start.line, body?.begin ?? 0), Math.min(viewPort.end.line, stopped)];
  const seen = new Set<string>();
  const values: vscode.InlineValue[] = [];
  for (const { name, line, column } of outline?.words ?? []) {
    const key = `${line} ${name}`;
    if (line < first || line > last || seen.has(key))
      continue;
    seen.add(key);
    values.push(new vscode.InlineValueVariableLookup(new vscode.Range(line, column, line, column + name.length), name, true));
  }
  return values;
}
