// The Run and Debug view: toolbar, call stack, variables, watches, breakpoints.
import { Tree } from './tree.mjs';

export class DebugView {
  constructor(workbench) {
    this.workbench = workbench;
    this.page = workbench.page;
    this.variables = new Tree(workbench, '.debug-viewlet .debug-variables', { name: '.expression .name, .scope', value: '.expression .value' });
    this.watches = new Tree(workbench, '.debug-viewlet .debug-watch', { name: '.expression .name', value: '.expression .value' });
    this.stack = new CallStack(workbench, '.debug-viewlet .debug-call-stack', { name: '.stack-frame > .label, .session > .name, .thread > .name', state: '.state.label', file: '.file-name', line: '.line-number' });
    this.breakpoints = new Tree(workbench, '.debug-viewlet .debug-breakpoints', { name: '.breakpoint > .name', condition: '.breakpoint > .condition' });
  }

  async open() {
    if (!await this.page.locator('.debug-viewlet').isVisible()) {
      await this.workbench.key('Control+Shift+KeyD');
      await this.page.locator('.debug-viewlet').waitFor();
    }
  }

  get #toolbar() {
    return this.page.locator('.debug-toolbar').filter({ visible: true });
  }

  button(name) {
    return this.#toolbar.locator(`.action-label[aria-label^="${name}"]`);
  }

  async press(name) {
    await this.button(name).click();
  }

  // The names of the buttons, without their keys.
  async buttons() {
    const labels = await this.#toolbar.locator('.action-label').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
    return labels.filter(Boolean).map((label) => label.replace(/ \([^)]*\)$/, ''));
  }

  // Starts a configuration of launch.json by its name.
  async start(configuration) {
    await this.workbench.quickPick.pick('Control+KeyP', `debug ${configuration}`, configuration);
  }

  // Makes a configuration the one that F5 starts.
  async choose(configuration) {
    await this.page.locator('.start-debug-action-item select').selectOption({ label: configuration });
  }

  async started() {
    await this.#toolbar.waitFor();
  }

  async stopped() {
    await this.button('Continue').waitFor();
  }

  async ended() {
    await this.page.locator('.debug-toolbar').filter({ visible: true }).waitFor({ state: 'hidden' });
  }

  // --- sections

  #header(section) {
    return this.page.locator(`.debug-viewlet .pane-header[aria-label^="${section}"]`).first();
  }

  // Leaves only these sections open, so that long trees fit on the screen. Sections come and go by themselves, as "Run" does when VS Code has read
  // launch.json: what is to be clicked is looked up anew each time.
  async showOnly(...sections) {
    const findWrong = (wanted) => [...document.querySelectorAll('.debug-viewlet .pane-header')].find((header) => header.checkVisibility()
      && (header.getAttribute('aria-expanded') === 'true') !== wanted.includes(header.querySelector('.title').textContent));
    for (;;) {
      const header = (await this.page.evaluateHandle(findWrong, sections)).asElement();
      if (!header) {
        return;
      }
      const was = await header.getAttribute('aria-expanded');
      await header.$eval('.title', (title) => title.click()).catch(() => {});
      await this.page.waitForFunction(([one, before]) => !one.isConnected || !one.checkVisibility() || one.getAttribute('aria-expanded') !== before, [header, was]);
    }
  }

  // Makes the sidebar as wide as said, by its edge.
  async setWidth(width) {
    const { x, y, height, width: before } = await this.page.locator('.part.sidebar').boundingBox();
    await this.page.mouse.move(x + before, y + height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(x + width, y + height / 2, { steps: 4 });
    await this.page.mouse.up();
    await this.page.mouse.move(x + width + 200, y + height / 2);
  }

  hasSection(section) {
    return this.#header(section).isVisible();
  }

  // A button of a section's title bar, which shows while the mouse is there.
  async sectionButton(section, label) {
    await (await this.sectionHasButton(section, label)).click();
  }

  // Waits for it.
  async sectionHasButton(section, label) {
    const header = this.#header(section);
    await header.hover();
    const button = header.locator(`.action-label[aria-label^="${label}"]`);
    await button.waitFor();
    return button;
  }

  // A kind of stop beside the breakpoints: "Signals".
  async tickFilter(name, isOn) {
    const row = this.page.locator('.debug-breakpoints .monaco-list-row').filter({ has: this.page.locator('.breakpoint > .name', { hasText: name }) });
    await row.locator('input[type=checkbox]').setChecked(isOn);
  }

  // --- watches

  async addWatch(expression) {
    await this.sectionButton('Watch', 'Add Expression');
    await this.watches.fillBox(expression);
    await this.watches.boxIsClosed();
  }

  async removeAllWatches() {
    if (await this.page.locator('.debug-watch .monaco-list-row').count()) {
      await this.sectionButton('Watch', 'Remove All Expressions');
      await this.page.locator('.debug-watch .monaco-list-row').first().waitFor({ state: 'detached' });
    }
  }

  // --- sessions

  // How many sessions the toolbar lists: it names them only if there are several.
  #sessionCount() {
    return this.page.evaluate(() => window.seen.sessionCount());
  }

  async stopAll() {
    for (let count = await this.#sessionCount(); count > 0; count = await this.#sessionCount()) {
      await this.button('Stop').or(this.button('Disconnect')).first().click();
      await this.workbench.until('a session to end', (before) => (window.seen.sessionCount() < before ? true : undefined), count);
    }
  }

  async removeAllBreakpoints() {
    await this.workbench.command('Remove All Breakpoints');
    await this.page.locator('.debug-breakpoints .monaco-list-row [class*="codicon-debug-breakpoint"]').first().waitFor({ state: 'detached' });
  }
}

class CallStack extends Tree {
  // Why the session is paused: beside the title of the section, or at a session, a thread.
  paused() {
    return this.page.evaluate(() => window.seen.pausedText());
  }

  // Waits for the program to be paused for a reason.
  stoppedAt(pattern) {
    return this.workbench.until(`the program to be paused by ${pattern}`, ([source, flags]) => {
      const text = window.seen.pausedText();
      return new RegExp(source, flags).test(text) ? text : undefined;
    }, [pattern.source, pattern.flags], () => this.paused());
  }
}
