// Starts the adapter for each session.
import * as vscode from 'vscode';
import type { Services } from '../services';

export function register({ adapter, log }: Services): vscode.Disposable {
  // Before the session exists, so that a problem is told once and in our words: VS Code's own dialog follows an error of the factory.
  const checker: vscode.DebugConfigurationProvider = {
    async resolveDebugConfiguration(folder, configuration) {
      try {
        await adapter.command(folder);
        return configuration;
      } catch (problem) {
        void adapter.show(problem);
        return undefined;
      }
    },
  };
  const factory: vscode.DebugAdapterDescriptorFactory = {
    async createDebugAdapterDescriptor(session) {
      const { program, args, env } = await adapter.command(session.workspaceFolder);
      log.info(`${session.name}: ${[program, ...args].join(' ')}`);
      return new vscode.DebugAdapterExecutable(program, args, { env });
    },
  };
  return vscode.Disposable.from(
    vscode.debug.registerDebugConfigurationProvider('ptdap', checker),
    vscode.debug.registerDebugAdapterDescriptorFactory('ptdap', factory),
  );
}
