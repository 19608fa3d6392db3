// The list of features. Each is one file of features/ and knows none of the others.
import * as vscode from 'vscode';
import { Adapter } from './adapter';
import * as adapterEnd from './features/adapterEnd';
import * as debugAdapter from './features/debugAdapter';
import * as hex from './features/hex';
import * as inlineValues from './features/inlineValues';
import * as launchChecks from './features/launchChecks';
import * as processPicker from './features/processPicker';
import * as programPicker from './features/programPicker';
import * as syscalls from './features/syscalls';
import type { Register, Services } from './services';

const features: Register[] = [
  adapterEnd.register,
  debugAdapter.register,
  programPicker.register,
  processPicker.register,
  launchChecks.register,
  hex.register,
  inlineValues.register,
  syscalls.register,
];

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('ptdap', { log: true });
  const services: Services = { context, adapter: new Adapter(context.extensionPath, log), log };
  context.subscriptions.push(log, ...features.map((register) => register(services)));
}
