// The box at the top that takes a text and offers rows: palette, files, choices of an extension.
import assert from 'node:assert/strict';
import { AGAIN_MS, DEADLINE_MS } from './deadline.mjs';

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

  // Opens the box by a key and types, until it offers a row (any, if none is named). While VS Code starts it may still not know the row,
  // or a view that comes up may take the focus, which closes the box: then once more.
  async summon(key, text, label) {
    const row = label === undefined ? this.#rows.first() : this.row(label);
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      await this.page.keyboard.press(key);
      const isOpen = await this.#input.waitFor({ timeout: AGAIN_MS }).then(() => true, () => false);
      if (!isOpen) {   // it closed before it was seen, or the key went nowhere
        assert(Date.now() < deadline, `${key} opens no box`);
        continue;
      }
      await this.#input.fill(text, { force: true });
      const outcome = await Promise.race([
        row.waitFor().then(() => 'offered'),
        this.#widget.waitFor({ state: 'hidden' }).then(() => 'closed'),
        this.#rows.filter({ hasText: /^No matching/ }).waitFor().then(() => 'unknown'),
      ]);
      if (outcome === 'offered') {
        return;
      }
      assert(Date.now() < deadline, `"${label}" is not offered for "${text}"`);
      await this.cancel();
    }
  }

  // Opens the box by a key, types and chooses what it offers.
  async pick(key, text, label) {
    const chosen = () => this.page.evaluate(() => window.seen.chosenRows);
    const before = await chosen();
    do {
      await this.summon(key, text, label);
      // Not Locator.click(), which would wait for a box that has closed by itself, and click in the next one.
      const box = await this.row(label).boundingBox();
      if (box) {
        await this.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
      }
    } while (await chosen() === before);
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

  // What is typed into a box that asks for a text: a name, a value, a path.
  async answer(title, text) {
    await this.opened(title);
    await this.#input.fill(text);
    await this.#input.press('Enter');
  }

  // A path typed into a box that asks for a file. While it reads a folder, it does not hear what is typed, and takes its own path.
  async answerFile(title, file) {
    const isRead = async () => {
      await this.#rows.first().waitFor();
      await this.#widget.locator('.monaco-progress-container.active').waitFor({ state: 'hidden' });
    };
    await this.opened(title);
    await isRead();
    await this.#input.fill(file);
    await isRead();
    await this.#input.press('Enter');
    await this.#widget.filter({ hasText: title }).waitFor({ state: 'hidden' });
  }

  row(label) {
    const exact = typeof label === 'string' ? new RegExp(`^\\s*${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`) : label;
    return this.#rows.filter({ has: this.page.locator('.quick-input-list-label .monaco-icon-name-container', { hasText: exact }) }).first();
  }

  // At its left end: a hint that has come up over the middle of the row would be in the way.
  async choose(label) {
    await this.row(label).click({ position: { x: 12, y: 10 } });
  }

  // Ticks or unticks a row of a box with many choices.
  async tick(label) {
    await this.row(label).locator('.monaco-checkbox').click();
  }

  // Another box may follow.
  async accept() {
    await this.#widget.locator('.quick-input-action .monaco-button').filter({ visible: true }).click();
  }

  // What the rows on the screen say.
  async rows() {
    await this.#rows.first().waitFor();
    return this.#rows.evaluateAll((rows) => rows.map((row) => ({
      label: row.querySelector('.quick-input-list-label .monaco-icon-name-container')?.textContent.trim() ?? '',
      description: row.querySelector('.quick-input-list-label .monaco-icon-description-container')?.textContent ?? '',
      detail: row.querySelector('.quick-input-list-rows > .quick-input-list-row:nth-child(2)')?.textContent ?? '',
      separator: row.querySelector('.quick-input-list-separator')?.textContent ?? '',
      isTicked: row.getAttribute('aria-checked') === 'true',
    })));
  }

  async labels() {
    return (await this.rows()).map((row) => row.label);
  }
}
