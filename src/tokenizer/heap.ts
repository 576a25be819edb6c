/**
 * A priority queue as a binary heap.
 *
 * @module
 */

/** A priority queue with any order. */
export class Heap<T> {
  #items: T[] = [];
  #before: (a: T, b: T) => boolean;

  /** Makes an empty heap; `before(a, b)` is true when `a` leaves it first. */
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

  /** Removes and returns the first item; undefined when the heap is empty. */
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
