// The Disassembly view.
export class Disassembly {
  constructor(workbench) {
    this.workbench = workbench;
    this.page = workbench.page;
  }

  async open() {
    await this.workbench.command('Open Disassembly View');
    return this.current();
  }

  // Steps are by instruction while it has the focus.
  async focus() {
    await this.page.locator('.disassembly-view .monaco-list').focus();
  }

  // The rows on the screen: { address, bytes, instruction, source, isCurrent, isBreakpoint }.
  rows() {
    return this.page.evaluate(() => window.seen.disassembly());
  }

  // Waits for the row of the program counter, at an instruction that matches or at another than before.
  current({ pattern = /./, after } = {}) {
    return this.workbench.until(`the program counter at ${pattern}${after ? `, not at ${after}` : ''} in the Disassembly view`, ([source, before]) => {
      const row = window.seen.disassembly().find(({ isCurrent }) => isCurrent);
      return row && row.address !== before && new RegExp(source).test(row.instruction) ? row : undefined;
    }, [pattern.source, after], () => this.rows());
  }

  // A click beside an instruction, where the red dot then is.
  async setBreakpoint(address) {
    const row = this.page.locator(`.disassembly-view .monaco-list-row[aria-label*="Address: ${address},"]`);
    await row.locator('.monaco-table-td').first().click();
    await row.locator('.codicon-debug-breakpoint').waitFor();
  }
}
