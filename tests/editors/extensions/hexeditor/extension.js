// Stands in for Microsoft's hex editor, which is in no registry that the tests reach: it shows the first bytes of the memory that VS Code
// gives it, and reads them again when VS Code says that they have changed. VS Code's part, which asks the adapter, is the real one.
const vscode = require('vscode');

const COUNT = 16;

const dump = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

const editor = {
  openCustomDocument: (uri) => ({ uri, dispose() {} }),

  async resolveCustomEditor({ uri }, panel) {
    const show = async () => {
      try {
        panel.webview.html = `<p id="bytes">${dump(await vscode.workspace.fs.readFile(uri.with({ query: `range=0:${COUNT}` })))}</p>`;
      } catch (error) {
        panel.webview.html = `<p id="bytes">${error.message}</p>`;
      }
    };
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(uri, '*'));
    watcher.onDidChange(show);
    panel.onDidDispose(() => watcher.dispose());
    await show();
  },
};

exports.activate = ({ subscriptions }) => subscriptions.push(vscode.window.registerCustomEditorProvider('hexEditor.hexedit', editor));
