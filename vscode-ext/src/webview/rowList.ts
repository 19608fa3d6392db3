// The rows on the screen and no others, whatever the number of calls.
import type { RowText, ViewState } from '../syscalls/messages';
import { element, setAttribute, setText } from './dom';

const ROW_HEIGHT = 22;
/** Rows kept ready above and below. */
const MARGIN = 10;
const COLUMNS = ['time', 'thread', 'name', 'arguments', 'result', 'duration'] as const;
const TITLES = { time: 'Time', thread: 'Thread', name: 'Call', arguments: 'Arguments', result: 'Result', duration: 'Duration' };

export interface RowListListener {
  window(from: number, count: number, isFollowing: boolean): void;
  select(number: number): void;
  open(number: number): void;
  copy(number: number): void;
}

export class RowList {
  readonly element: HTMLElement;
  private readonly scroller: HTMLElement;
  private readonly spacer: HTMLElement;
  private readonly newest: HTMLButtonElement;
  private readonly pool: HTMLElement[] = [];
  private rows: readonly RowText[] = [];
  private from = 0;
  private firstRow = 0;
  private endRow = 0;
  private generation = -1;
  private isFollowing = true;
  private selectedRow: number | undefined;
  /** Of the entry, once its row is there. */
  private selectedNumber: number | undefined;

  constructor(private readonly listener: RowListListener) {
    this.spacer = element('div', { className: 'spacer', role: 'presentation' });
    this.scroller = element('div', { className: 'rows', role: 'rowgroup', tabIndex: -1 }, this.spacer);
    this.newest = element('button', { className: 'newest', hidden: true, textContent: '↓ Newest', title: 'Show the newest calls as they come (End)' });
    const heads = element('div', { className: 'row heads', role: 'row' }, ...COLUMNS.map((column) =>
      element('span', { className: column, role: 'columnheader', textContent: TITLES[column] })));
    this.element = element('div', { className: 'list', role: 'grid', tabIndex: 0, ariaLabel: 'System calls' }, heads, this.scroller, this.newest);
    this.scroller.addEventListener('scroll', () => this.scrolled());
    this.scroller.addEventListener('wheel', ({ deltaY }) => {
      if (deltaY < 0)
        this.isFollowing = false;
    }, { passive: true });
    this.scroller.addEventListener('pointerdown', () => this.isFollowing = false);
    this.scroller.addEventListener('click', ({ target }) => this.clicked(target as HTMLElement));
    this.element.addEventListener('keydown', (event) => this.pressed(event));
    this.newest.addEventListener('click', () => {
      this.follow();
      this.element.focus();
    });
    new ResizeObserver(() => this.resized()).observe(this.scroller);
  }

  get selected(): number | undefined {
    return this.selectedNumber;
  }

  update(state: ViewState): void {
    const isOther = state.generation !== this.generation;
    const moved = isOther ? 0 : state.firstRow - this.firstRow;
    this.generation = state.generation;
    this.firstRow = state.firstRow;
    this.endRow = state.endRow;
    this.from = state.from;
    this.rows = state.rows;
    this.element.classList.toggle('threads', state.hasThreads);
    setAttribute(this.element, 'aria-rowcount', String(this.endRow - this.firstRow + 1));
    this.spacer.style.height = `${(this.endRow - this.firstRow) * ROW_HEIGHT}px`;
    if (isOther)
      this.startAnew(state.reveal);
    else if (this.selectedRow !== undefined && this.selectedRow < this.firstRow)
      this.unselect();
    if (this.isFollowing)
      this.scroller.scrollTop = this.scroller.scrollHeight;
    else if (moved > 0)
      this.scroller.scrollTop -= moved * ROW_HEIGHT;
    this.paint();
    this.nameSelected();
    if (!this.isCovered())
      this.ask();
    this.newest.hidden = this.isFollowing || this.isAtEnd();
  }

  // ---- what is on the screen ---------------------------------------------------------------------------------------------

  private visible(): { first: number; count: number } {
    return {
      first: this.firstRow + Math.floor(this.scroller.scrollTop / ROW_HEIGHT),
      count: Math.ceil(this.scroller.clientHeight / ROW_HEIGHT) + 1,
    };
  }

  private isAtEnd(): boolean {
    return this.scroller.scrollTop + this.scroller.clientHeight >= this.scroller.scrollHeight - ROW_HEIGHT / 2;
  }

  /** Are the rows that can be seen here? */
  private isCovered(): boolean {
    const { first, count } = this.visible();
    return first >= this.from && Math.min(first + count, this.endRow) <= this.from + this.rows.length;
  }

  private ask(): void {
    const { first, count } = this.visible();
    this.listener.window(first - MARGIN, count + 2 * MARGIN, this.isFollowing);
  }

  private scrolled(): void {
    const { first } = this.visible();
    const wasFollowing = this.isFollowing;
    this.isFollowing = this.isAtEnd() && (this.isFollowing || this.selectedRow === undefined || this.selectedRow < first);
    if (!this.isCovered() || wasFollowing !== this.isFollowing)
      this.ask();
    this.newest.hidden = this.isFollowing || this.isAtEnd();
  }

  private resized(): void {
    if (this.isFollowing)
      this.scroller.scrollTop = this.scroller.scrollHeight;
    this.ask();
  }

  private paint(): void {
    while (this.pool.length < this.rows.length)
      this.pool.push(this.makeRow(this.pool.length));
    this.pool.forEach((made, i) => this.fill(made, this.rows[i], this.from + i));
  }

  private makeRow(i: number): HTMLElement {
    const made = element('div', { role: 'row', id: `row${i}` }, ...COLUMNS.map((column) => element('span', { className: column, role: 'gridcell' })));
    this.spacer.append(made);
    return made;
  }

  private fill(made: HTMLElement, row: RowText | undefined, index: number): void {
    made.hidden = row === undefined;
    if (!row) {
      setAttribute(made, 'aria-selected', null);
      return;
    }
    made.className = ['row', row.gap === undefined ? '' : 'gap', row.isError ? 'error' : '', row.isInjected ? 'injected' : ''].join(' ').trim();
    made.style.transform = `translateY(${(index - this.firstRow) * ROW_HEIGHT}px)`;
    made.dataset['row'] = String(index);
    setAttribute(made, 'aria-rowindex', String(index - this.firstRow + 2));
    setAttribute(made, 'aria-selected', String(index === this.selectedRow));
    setAttribute(made, 'title', row.gap ?? row.tooltip);
    COLUMNS.forEach((column, i) => {
      const cell = made.children[i] as HTMLElement;
      setText(cell, column === 'name' && row.gap !== undefined ? row.gap : row[column]);
    });
    if (index === this.selectedRow)
      this.element.setAttribute('aria-activedescendant', made.id);
  }

  // ---- the selected row --------------------------------------------------------------------------------------------------

  private startAnew(reveal: number | undefined): void {
    this.unselect();
    if (reveal === undefined) {
      this.isFollowing = true;
      return;
    }
    this.isFollowing = false;
    this.selectedRow = reveal;
    this.scroller.scrollTop = (reveal - this.firstRow) * ROW_HEIGHT - this.scroller.clientHeight / 2;
  }

  private unselect(): void {
    this.selectedRow = undefined;
    this.selectedNumber = undefined;
    this.element.removeAttribute('aria-activedescendant');
  }

  private select(row: number): void {
    if (this.endRow === this.firstRow)
      return;
    this.isFollowing = false;
    this.selectedRow = Math.min(Math.max(row, this.firstRow), this.endRow - 1);
    this.selectedNumber = undefined;
    const top = (this.selectedRow - this.firstRow) * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop)
      this.scroller.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight)
      this.scroller.scrollTop = top + ROW_HEIGHT - clientHeight;
    this.ask();
    this.paint();
    this.nameSelected();
  }

  /** Which entry the selected row is may be known only when it has come. */
  private nameSelected(): void {
    if (this.selectedRow === undefined || this.selectedNumber !== undefined)
      return;
    this.selectedNumber = this.rows[this.selectedRow - this.from]?.number;
    if (this.selectedNumber !== undefined)
      this.listener.select(this.selectedNumber);
  }

  private follow(): void {
    this.unselect();
    this.isFollowing = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.ask();
  }

  private clicked(target: HTMLElement): void {
    const row = target.closest<HTMLElement>('[data-row]')?.dataset['row'];
    if (row === undefined)
      return;
    this.element.focus();
    this.select(Number(row));
    if (this.selectedNumber !== undefined)
      this.listener.open(this.selectedNumber);
  }

  private pressed(event: KeyboardEvent): void {
    const { first, count } = this.visible();
    const page = Math.max(1, count - 2);
    const at = this.selectedRow ?? (this.isFollowing ? this.endRow : first - 1);
    const moves: Record<string, () => void> = {
      ArrowUp: () => this.select(at - 1),
      ArrowDown: () => this.select(at + 1),
      PageUp: () => this.select(at - page),
      PageDown: () => this.select(at + page),
      Home: () => this.select(this.firstRow),
      End: () => {
        this.select(this.endRow - 1);
        this.isFollowing = true;
        this.ask();
      },
      Enter: () => this.selectedNumber !== undefined && this.listener.open(this.selectedNumber),
    };
    const isCopy = (event.ctrlKey || event.metaKey) && event.key === 'c' && getSelection()?.isCollapsed !== false;
    if (event.target !== this.element || (event.ctrlKey || event.metaKey || event.altKey) && !isCopy)
      return;
    if (isCopy && this.selectedNumber !== undefined)
      this.listener.copy(this.selectedNumber);
    else if (moves[event.key])
      moves[event.key]?.();
    else
      return;
    event.preventDefault();
  }
}
