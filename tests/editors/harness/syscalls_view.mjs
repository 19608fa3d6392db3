// The Syscalls view: a webview in the debug sidebar.
export class SyscallsView {
  constructor(workbench) {
    this.workbench = workbench;
    this.page = workbench.page;
  }

  get document() {
    return this.page.frameLocator('iframe.webview').frameLocator('#active-frame');
  }

  // Alone in the sidebar, so that it has room.
  async open() {
    await this.workbench.debug.showOnly('Syscalls');
    await this.document.locator('#filter').waitFor();
  }

  async filter(text) {
    await this.document.locator('#filter').fill(text);
  }

  // A button of the title bar.
  async titleButton(label) {
    await this.workbench.debug.sectionButton('Syscalls', label);
  }

  // How many rows can be scrolled to, and how many elements there are for them.
  async size() {
    const list = this.document.locator('.list');
    return { rows: Number(await list.getAttribute('aria-rowcount')) - 1, elements: await list.locator('.row:not(.heads)').count() };
  }

  async press(name) {
    await this.document.getByRole('button', { name, exact: true }).click();
  }

  async trace(rule) {
    await this.document.locator('#rule').fill(rule);
    await this.document.locator('#rule').press('Enter');
  }

  row(pattern) {
    return this.document.locator('.row:not(.heads)').filter({ hasText: pattern, visible: true });
  }

  // The calls on the screen: { name, arguments, result, ... } as text.
  async rows() {
    return this.document.locator('.row:not(.heads)').filter({ visible: true }).evaluateAll((rows) => rows.map((row) =>
      Object.fromEntries([...row.children].map((cell) => [cell.className.split(' ')[0], cell.textContent]))));
  }

  async status() {
    return this.document.locator('.status').innerText();
  }

  // Waits for the line below the rows.
  async statusIs(pattern) {
    await this.document.locator('.status').filter({ hasText: pattern }).waitFor();
  }

  // Waits for a mistake to be told of.
  async problemIs(pattern) {
    await this.document.locator('.problem').filter({ hasText: pattern, visible: true }).waitFor();
  }

  async summary() {
    await this.document.locator('.summary tbody tr').first().waitFor();
    return this.document.locator('.summary tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  }
}
