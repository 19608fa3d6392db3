// What every feature gets.
import type * as vscode from 'vscode';
import type { Adapter } from './adapter';

export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly adapter: Adapter;
  readonly log: vscode.LogOutputChannel;
}

/** A feature is one file of features/, which exports this as `register`. What it returns ends with the extension. */
export type Register = (services: Services) => vscode.Disposable;
