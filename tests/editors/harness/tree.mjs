// A tree of the debug view. Rows are found by the path of names that leads to them.
export class Tree {
  // cells: what of a row is its `name`, and other parts of it, each as a selector.
  constructor(workbench, selector, cells) {
    this.workbench = workbench;
    this.page = workbench.page;
    this.selector = selector;
    this.rowSelector = `${selector} .monaco-list-row`;
    this.cells = cells;
  }

  rows() {
    return this.page.evaluate(([selector, cells]) => window.seen.tree(selector, cells), [this.selector, this.cells]);
  }

  count() {
    return this.page.locator(this.rowSelector).count();
  }

  async names() {
    return (await this.rows()).map((row) => row.name);
  }

  #describe = async () => (await this.rows()).map((row) => `${'  '.repeat(row.level - 1)}${row.name} ${row.value ?? row.state ?? ''}`.trimEnd());

  // Waits for the row at the end of a path.
  row(...names) {
    return this.workbench.until(`"${names.join(' > ')}" in ${this.selector}`,
      ([selector, cells, wanted]) => window.seen.treeRow(selector, cells, wanted), [this.selector, this.cells, names], this.#describe);
  }

  // Waits until a row's cell matches a pattern, and gives the row.
  rowWith(pattern, cell, ...names) {
    return this.workbench.until(`"${names.join(' > ')}" with ${cell} ${pattern} in ${this.selector}`, ([selector, cells, wanted, name, source, flags]) => {
      const row = window.seen.treeRow(selector, cells, wanted);
      return row && new RegExp(source, flags).test(row[name] ?? '') ? row : undefined;
    }, [this.selector, this.cells, names, cell, pattern.source, pattern.flags], this.#describe);
  }

  async value(...names) {
    return (await this.row(...names)).value;
  }

  valueIs(pattern, ...names) {
    return this.rowWith(pattern, 'value', ...names);
  }

  // What opens below a row, by opening each row of the path.
  async expand(...names) {
    for (let depth = 1; depth <= names.length; depth++) {
      const path = names.slice(0, depth);
      const row = await this.row(...path);
      if (!row.isExpanded) {
        await this.element(row).locator('.monaco-tl-twistie').click();
        await this.workbench.until(`"${path.join(' > ')}" to open`, ([selector, cells, wanted]) =>
          (window.seen.treeRow(selector, cells, wanted)?.isExpanded ? true : undefined), [this.selector, this.cells, path], this.#describe);
      }
    }
  }

  // The rows directly below one that is open. Waits until there are some.
  children(...names) {
    return this.workbench.until(`rows below "${names.join(' > ')}" in ${this.selector}`, ([selector, cells, wanted]) => {
      const parent = window.seen.treeRow(selector, cells, wanted);
      const rows = window.seen.tree(selector, cells);
      const start = rows.findIndex((row) => row.id === parent?.id);
      const found = [];
      for (let i = start + 1; start >= 0 && i < rows.length && rows[i].level > parent.level; i++) {
        if (rows[i].level === parent.level + 1) {
          found.push(rows[i]);
        }
      }
      return found.length > 0 ? found : undefined;
    }, [this.selector, this.cells, names], this.#describe);
  }

  element(row) {
    return this.page.locator(`${this.selector} .monaco-list-row[id="${row.id}"]`);
  }

  async click(...names) {
    await this.element(await this.row(...names)).click();
  }

  // A double click on the row opens a box for its value.
  async edit(text, ...names) {
    await this.element(await this.row(...names)).locator('.expression').dblclick();
    await this.fillBox(text);
    await this.#box.waitFor({ state: 'hidden' });
  }

  // The box that a row has become; rows keep hidden ones.
  get #box() {
    return this.page.locator(`${this.selector} .monaco-inputbox input`).filter({ visible: true });
  }

  async fillBox(text) {
    await this.#box.fill(text);
    await this.#box.press('Enter');
  }

  // Edits with a text that is refused, and gives what is said at the box, which stays open.
  async editInVain(text, ...names) {
    await this.element(await this.row(...names)).locator('.expression').dblclick();
    await this.fillBox(text);
    const reason = this.page.locator('.monaco-inputbox-container').filter({ visible: true }).first();
    await reason.waitFor();
    return (await reason.innerText()).trim();
  }

  async boxIsClosed() {
    await this.#box.waitFor({ state: 'hidden' });
  }

  // A button that shows in a row while the mouse is there.
  async press(button, ...names) {
    const row = this.element(await this.row(...names));
    await row.hover();
    await row.locator(`.action-label[aria-label="${button}"]`).click();
  }

  // An entry of the context menu of a row.
  async menu(entry, ...names) {
    await this.element(await this.row(...names)).click({ button: 'right' });
    await this.page.locator('.monaco-menu .action-menu-item').filter({ hasText: entry }).first().click();
  }
}
