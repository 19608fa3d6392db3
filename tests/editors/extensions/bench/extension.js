// lldb-dap as a debug type; and of every session a line of JSON with two times, both from `launch` to the last answered `variables`:
// `span`, all of it, in which VS Code also waits by itself (its Variables view asks for scopes 0.4 s after the frame is shown), and `waiting`, that part of it
// in which VS Code waits for the adapter: a request is unanswered, or the program runs to its first stop.
const fs = require('node:fs');
const vscode = require('vscode');

function tracker({ type }) {
  const pending = new Set();
  let launched;
  let waitingSince;
  let waited = 0;
  let atLast = {};

  // The first stop is something that VS Code waits for, as the response to a request is.
  const begin = (what) => {
    waitingSince = pending.size === 0 ? performance.now() : waitingSince;
    pending.add(what);
  };
  const end = (what) => {
    if (pending.delete(what) && pending.size === 0) {
      waited += performance.now() - waitingSince;
    }
  };
  return {
    onWillReceiveMessage: ({ seq, command }) => {
      if (command === 'launch') {
        launched = performance.now();
        begin('stopped');
      }
      if (launched !== undefined) {
        begin(seq);
      }
    },
    onDidSendMessage: (message) => {
      if (message.event === 'stopped') {
        end('stopped');
      } else if (message.type === 'response') {
        end(message.request_seq);
        if (message.command === 'variables') {
          const now = performance.now();
          atLast = { span: now - launched, waiting: waited + (pending.size > 0 ? now - waitingSince : 0) };
        }
      }
    },
    onWillStopSession: () => fs.appendFileSync(process.env.PTDAP_BENCH_TIMES, `${JSON.stringify({ type, ...atLast })}\n`),
  };
}

const peer = { createDebugAdapterDescriptor: () => new vscode.DebugAdapterExecutable(process.env.PTDAP_BENCH_PEER, []) };

exports.activate = ({ subscriptions }) => subscriptions.push(
  vscode.debug.registerDebugAdapterDescriptorFactory('lldb-dap', peer),
  vscode.debug.registerDebugAdapterTrackerFactory('*', { createDebugAdapterTracker: tracker }),
);
