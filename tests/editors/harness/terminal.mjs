// The integrated terminal in front.
export class Terminal {
  #rows;

  constructor(workbench) {
    this.workbench = workbench;
    this.page = workbench.page;
    this.#rows = '.terminal-wrapper.active .xterm-rows, .terminal-wrapper .xterm-rows';
  }

  async text() {
    return this.page.evaluate((selector) => window.seen.terminalText(selector), this.#rows);
  }

  // Waits for a text on its screen.
  async shows(pattern) {
    await this.workbench.until(`${pattern} in the terminal`, ([selector, source, flags]) =>
      (new RegExp(source, flags).test(window.seen.terminalText(selector)) ? true : undefined), [this.#rows, pattern.source, pattern.flags], () => this.text());
  }

  async #focus() {
    await this.page.locator('.terminal-wrapper .xterm-helper-textarea').filter({ visible: true }).last().focus();
  }

  async type(text) {
    await this.#focus();
    await this.page.keyboard.type(text);
  }

  async press(key) {
    await this.#focus();
    await this.page.keyboard.press(key);
  }
}
