// The box at the top that takes a text and offers rows: palette, files, choices of an extension.
export class QuickPick {
  #widget;
  #input;
  #rows;

  constructor(page) {
    this.page = page;
    this.#widget = page.locator('.quick-input-widget');
    this.#input = this.#widget.locator('.quick-input-filter input');
    this.#rows = this.#widget.locator('.quick-input-list .monaco-list-row');
  }

  async opened(title) {
    await (title ? this.#widget.filter({ hasText: title }) : this.#input).waitFor();
  }

  async closed() {
    await this.#widget.waitFor({ state: 'hidden' });
  }

  isOpen() {
    return this.#widget.isVisible();
  }

  title() {
    return this.#widget.locator('.quick-input-title').innerText();
  }

  placeholder() {
    return this.#input.getAttribute('placeholder');
  }

  // Opens the box by a key and types, until it offers a row (any, if none is named). A view that takes the focus when it has come up,
  // as those of the start do, closes the box: then once more.
  async summon(key, text, label) {
    let outcome;
    do {
      await this.page.keyboard.press(key);
      await this.#input.waitFor();
      await this.#input.fill(text, { force: true });
      const row = label === undefined ? this.#rows.first() : this.row(label);
      outcome = await Promise.race([
        row.waitFor().then(() => 'offered'),
        this.#widget.waitFor({ state: 'hidden' }).then(() => 'closed'),
      ]);
    } while (outcome === 'closed');
  }

  async cancel() {
    while (await this.isOpen()) {
      await this.page.keyboard.press('Escape');
      await this.page.waitForFunction(() => document.querySelector('.quick-input-widget')?.style.display === 'none');
    }
  }

  async type(text) {
    await this.#input.fill(text);
  }

  // What is typed into a box that offers nothing: a name, a value.
  async answer(text) {
    await this.type(text);
    await this.page.keyboard.press('Enter');
  }

  row(label) {
    const exact = typeof label === 'string' ? new RegExp(`^\\s*${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`) : label;
    return this.#rows.filter({ has: this.page.locator('.quick-input-list-label .monaco-icon-name-container', { hasText: exact }) }).first();
  }

  async choose(label) {
    await this.row(label).click();
  }

  // Ticks or unticks a row of a box with many choices.
  async tick(label) {
    await this.row(label).locator('.quick-input-list-checkbox').click();
  }

  async accept() {
    await this.#widget.locator('.quick-input-action .monaco-button, .quick-input-action a').first().click();
    await this.closed();
  }

  // What the rows on the screen say.
  async rows() {
    await this.#rows.first().waitFor();
    return this.#rows.evaluateAll((rows) => rows.map((row) => ({
      label: row.querySelector('.quick-input-list-label .monaco-icon-name-container')?.textContent ?? '',
      description: row.querySelector('.quick-input-list-label .monaco-icon-description-container')?.textContent ?? '',
      detail: row.querySelector('.quick-input-list-rows > .quick-input-list-row:nth-child(2)')?.textContent ?? '',
      separator: row.querySelector('.quick-input-list-separator')?.textContent ?? '',
      isTicked: row.querySelector('input[type=checkbox]')?.checked,
    })));
  }

  async labels() {
    return (await this.rows()).map((row) => row.label);
  }
}
