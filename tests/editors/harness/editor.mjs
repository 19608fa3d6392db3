// The text editors: lines, breakpoints in the margin, the yellow line, hovers.
import assert from 'node:assert/strict';
import { AGAIN_MS, DEADLINE_MS } from './deadline.mjs';

export class Editor {
  constructor(workbench) {
    this.workbench = workbench;
    this.page = workbench.page;
  }

  // A click into the margin, where the red dot then comes or goes.
  async toggleBreakpoint(line) {
    await this.workbench.goToLine(line);
    const before = (await this.breakpointLines()).includes(line);
    const { top, height, left } = await this.workbench.until(`line ${line} on the screen`, (wanted) => window.seen.lineBox(wanted), line);
    await this.page.mouse.click(left + 10, top + height / 2);
    // Away from the margin, where a hint follows the mouse.
    await this.page.mouse.move(left + 400, top + height / 2);
    await this.workbench.until(`the breakpoint of line ${line} to ${before ? 'go' : 'come'}`, ([wanted, was]) =>
      (window.seen.breakpointLines().includes(wanted) !== was ? true : undefined), [line, before], () => this.breakpointLines());
  }

  async setBreakpoint(line) {
    assert(!(await this.breakpointLines()).includes(line), `there is a breakpoint at line ${line} already`);
    await this.toggleBreakpoint(line);
  }

  // The lines in view with a breakpoint of any kind.
  breakpointLines() {
    return this.page.evaluate(() => window.seen.breakpointLines());
  }

  yellowLine() {
    return this.page.evaluate(() => window.seen.yellowLine());
  }

  // Waits for the program to stand at a line.
  async standsAt(file, line) {
    await this.workbench.until(`the yellow line at ${file}:${line}`, ([wantedFile, wantedLine]) => {
      const at = window.seen.yellowLine();
      return at?.file === wantedFile && at.line === wantedLine ? true : undefined;
    }, [file, line], () => this.yellowLine());
  }

  // The text of the hover over a word while the program stands.
  async hover(line, word) {
    const widget = this.page.locator('.debug-hover-widget').filter({ visible: true }).first();
    const deadline = Date.now() + DEADLINE_MS;
    // Values that come into the line meanwhile move the word, or close the hover: then once more, as a person would.
    do {
      assert(Date.now() < deadline, `no hover over "${word}" in line ${line}`);
      await this.page.mouse.move(0, 0);
      const { x, y } = await this.workbench.until(`"${word}" in line ${line}`, ([l, w]) => window.seen.wordBox(l, w), [line, word]);
      await this.page.mouse.move(x - 1, y);
      await this.page.mouse.move(x, y);
    } while (!await widget.waitFor({ timeout: AGAIN_MS }).then(() => true, () => false));
    return (await widget.innerText()).trim();
  }

  async leaveHover() {
    await this.page.mouse.move(0, 0);
    await this.page.locator('.debug-hover-widget').filter({ visible: true }).waitFor({ state: 'hidden' });
  }

  // Waits for a text behind the code of a line: values of variables.
  showsInLine(line, pattern) {
    return this.workbench.until(`${pattern} in line ${line}`, ([wanted, source]) =>
      (new RegExp(source).test(window.seen.lineText(wanted) ?? '') ? true : undefined), [line, pattern.source], () =>
      this.page.evaluate((wanted) => window.seen.lineText(wanted), line));
  }
}
