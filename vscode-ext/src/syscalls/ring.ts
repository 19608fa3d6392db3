/** The last `capacity` items. Each has a number: the first ever is 0, and what is dropped keeps its own. */
export class Ring<T> {
  private slots: T[] = [];
  private begin = 0;
  private past = 0;

  constructor(readonly capacity: number) {}

  /** The number of the oldest item that is still there. */
  get first(): number {
    return this.begin;
  }

  /** One more than the number of the newest item. */
  get end(): number {
    return this.past;
  }

  get length(): number {
    return this.past - this.begin;
  }

  push(item: T): void {
    if (this.length === this.capacity)
      this.begin++;
    this.slots[this.past++ % this.capacity] = item;
  }

  at(number: number): T | undefined {
    return number >= this.begin && number < this.past ? this.slots[number % this.capacity] : undefined;
  }

  /** In place of the newest item. */
  replaceLast(item: T): void {
    if (this.length > 0)
      this.slots[(this.past - 1) % this.capacity] = item;
  }

  /** Drops from the front while `isOld` holds. */
  dropWhile(isOld: (item: T) => boolean): void {
    while (this.begin < this.past && isOld(this.slots[this.begin % this.capacity] as T))
      this.begin++;
  }

  copy(): Ring<T> {
    const copy = new Ring<T>(this.capacity);
    copy.slots = this.slots.slice();
    copy.begin = this.begin;
    copy.past = this.past;
    return copy;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let number = this.begin; number < this.past; number++)
      yield this.slots[number % this.capacity] as T;
  }
}
