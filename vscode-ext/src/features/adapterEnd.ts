// VS Code says nothing when an adapter is killed or crashes: the session is just gone.
import * as vscode from 'vscode';
import type { Services } from '../services';

export function register({ log }: Services): vscode.Disposable {
  return vscode.debug.registerDebugAdapterTrackerFactory('ptdap', {
    createDebugAdapterTracker: ({ name }) => {
      let mayEnd = false;
      return {
        onWillStopSession: () => { mayEnd = true; },
        onDidSendMessage: (message: { type?: string; event?: string }) => {
          mayEnd ||= message.type === 'event' && message.event === 'terminated';
        },
        onExit: (status) => {
          if (!mayEnd)
            tell(log, `The debug adapter of "${name}" ended unexpectedly (${status === undefined ? 'killed by a signal' : `status ${status}`}).`);
        },
      };
    },
  });
}

function tell(log: vscode.LogOutputChannel, message: string): void {
  log.error(message);
  void vscode.window.showErrorMessage(message);
}
