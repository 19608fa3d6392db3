// What a person does in VS Code's window, in a person's words. Each action waits for what it brings about on the screen.
import assert from 'node:assert/strict';
import path from 'node:path';
import { DebugConsole } from './debug_console.mjs';
import { DebugView } from './debug_view.mjs';
import { Disassembly } from './disassembly.mjs';
import { Editor } from './editor.mjs';
import { QuickPick } from './quick_pick.mjs';
import { SyscallsView } from './syscalls_view.mjs';
import { Terminal } from './terminal.mjs';

export class Workbench {
  constructor(page) {
    this.page = page;
    this.quickPick = new QuickPick(page);
    this.editor = new Editor(this);
    this.debug = new DebugView(this);
    this.disassembly = new Disassembly(this);
    this.console = new DebugConsole(this);
    this.syscalls = new SyscallsView(this);
    this.terminal = new Terminal(this);
  }

  // The window is there and knows the debuggers of the extensions.
  async ready() {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    await this.page.locator('.explorer-viewlet .monaco-list-row').first().waitFor();
    await this.debug.open();
    await this.page.locator('.debug-viewlet .monaco-button, .start-debug-action-item').first().waitFor();
  }

  async key(...keys) {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  // --- commands

  // By its name in the palette: "Debug: Step Over".
  async command(name) {
    await this.quickPick.pick('F1', `>${name}`, name);
  }

  // The commands that the palette offers for a text.
  async offeredCommands(text) {
    await this.quickPick.summon('F1', `>${text}`);
    const found = await this.quickPick.labels();
    await this.quickPick.cancel();
    return found;
  }

  // --- files

  // Through "Go to File": the line is optional.
  async openFile(name, line) {
    const base = path.basename(name);
    await this.quickPick.pick('Control+KeyP', base, base);
    await this.tab(base).waitFor();
    if (line !== undefined) {
      await this.goToLine(line);
    }
  }

  async goToLine(line) {
    await this.quickPick.pick('Control+KeyG', `:${line}`, new RegExp(`^Go to line ${line}\\b`));
    await this.quickPick.closed();
  }

  // Waits for the cursor to be in a line of the editor in front.
  async cursorIsAt(line) {
    await this.page.locator('.statusbar-item', { hasText: new RegExp(`^Ln ${line}, Col `) }).waitFor();
  }

  // The tab that is open and active in its group.
  tab(name) {
    return this.page.locator(`.tabs-container .tab.active[data-resource-name="${name}"]`).first();
  }

  // --- messages

  get #toasts() {
    return this.page.locator('.notifications-toasts .notification-list-item');
  }

  // The text of the first notification or modal dialog that matches.
  async message(pattern) {
    const shown = this.page.locator('.notifications-toasts .notification-list-item-message, .monaco-dialog-box .dialog-message-text, .monaco-dialog-box .dialog-message-detail')
      .filter({ hasText: pattern }).first();
    await shown.waitFor();
    return shown.innerText();
  }

  async clickMessageButton(label) {
    await this.page.locator('.notifications-toasts .monaco-button, .monaco-dialog-box .monaco-button').filter({ hasText: label }).first().click();
  }

  async messages() {
    return (await this.#toasts.locator('.notification-list-item-message').allInnerTexts()).map((text) => text.trim());
  }

  async closeMessages() {
    while (await this.page.locator('.monaco-dialog-box').count()) {
      await this.key('Escape');
      await this.page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
    }
    if (await this.#toasts.count()) {
      await this.command('Notifications: Clear All Notifications');
      await this.#toasts.first().waitFor({ state: 'detached' });
    }
  }

  // A breakpoint there, F5, and the yellow line is on it.
  async runTo(file, line) {
    await this.openFile(file);
    await this.editor.setBreakpoint(line);
    await this.key('F5');
    await this.editor.standsAt(file, line);
    await this.debug.stopped();
  }

  // --- the end of a scenario

  async reset() {
    if (await this.quickPick.isOpen()) {
      await this.quickPick.cancel();
    }
    await this.closeMessages();
    await this.debug.stopAll();
    await this.debug.open();
    await this.debug.showOnly('Variables', 'Watch', 'Call Stack', 'Breakpoints');
    await this.debug.removeAllBreakpoints();
    await this.debug.removeAllWatches();
    if (await this.page.locator('.tabs-container .tab').count()) {
      await this.command('View: Close All Editors');
      await this.page.locator('.tabs-container .tab').first().waitFor({ state: 'detached' });
    }
    await this.closeMessages();
  }

  // Waits in the page until `find(argument)` gives something else than undefined, and gives that; `describe` says what is there instead.
  async until(what, find, argument, describe) {
    try {
      const handle = await this.page.waitForFunction(find, argument);
      return await handle.jsonValue();
    } catch (error) {
      if (error.name !== 'TimeoutError') {
        throw error;
      }
      const instead = await describe?.();
      assert.fail(`waited for ${what} in vain${instead === undefined ? '' : `; there is ${JSON.stringify(instead)}`}`);
    }
  }
}
