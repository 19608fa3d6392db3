// The Debug Console.
export class DebugConsole {
  constructor(workbench) {
    this.workbench = workbench;
    this.page = workbench.page;
  }

  async open() {
    if (!await this.page.locator('.repl').isVisible()) {
      await this.workbench.command('Debug Console: Focus on Debug Console View');
      await this.page.locator('.repl').waitFor();
    }
  }

  // Evaluates a line and gives its answer.
  async evaluate(text) {
    await this.open();
    const answers = this.page.locator('.repl .evaluation-result .value, .repl .output.expression .value');
    const before = await answers.count();
    await this.page.locator('.repl-input-wrapper .monaco-editor').click();
    await this.page.keyboard.insertText(text);
    await this.workbench.key('Enter');
    await answers.nth(before).waitFor();
    return (await answers.nth(before).innerText()).trim();
  }

  async lines() {
    return (await this.page.locator('.repl .monaco-list-row').allInnerTexts()).map((text) => text.trim());
  }

  // Waits for a line that matches.
  async line(pattern) {
    await this.open();
    const found = this.page.locator('.repl .monaco-list-row').filter({ hasText: pattern }).first();
    await found.waitFor();
    return (await found.innerText()).trim();
  }
}
