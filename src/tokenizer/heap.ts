/**
 * A binary heap: the best of many things, again and again.
 *
 * @module
 */

/** A priority queue whose order is `before`. */
export class Heap<T> {
  #items: T[] = [];
  #before: (a: T, b: T) => boolean;

  /** An empty heap; `before(a, b)` is true when `a` leaves it first. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  /** Adds `item`. */
  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(item, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the first item out, or undefined from an empty heap. */
  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return last;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && this.#before(items[child + 1], items[child])) child++;
      if (!this.#before(items[child], last)) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return first;
  }
}
