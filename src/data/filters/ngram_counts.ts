/**
 * A table of counts by 64-bit key, in typed arrays: 15 to 30 bytes per key (12 bytes at 40 to 80 % load).
 *
 * @module
 */

const maxLoad = 0.8;

/** A table as data. */
export interface SharedTable {
  /** Its slots, in shared memory. */
  slots: Uint32Array;
  /** Number of keys. */
  size: number;
}

/** A table of counts. */
export class CountTable {
  /** Low word, high word and count of each slot; a slot with count 0 is free. */
  #slots: Uint32Array = new Uint32Array(3 << 10);
  #size = 0;

  /** Number of keys. */
  get size(): number {
    return this.#size;
  }

  /** Adds to the count of a key and returns the count before. */
  add(low: number, high: number, times = 1): number {
    if (this.#size * 3 >= this.#slots.length * maxLoad) this.#grow();
    const at = slotOf(this.#slots, low, high);
    const before = this.#slots[at + 2];
    if (before === 0) {
      this.#slots[at] = low;
      this.#slots[at + 1] = high;
      this.#size++;
    }
    this.#slots[at + 2] = before + times;
    return before;
  }

  /** Returns the count of a key. */
  get(low: number, high: number): number {
    return this.#slots[slotOf(this.#slots, low, high) + 2];
  }

  /** Returns all keys with their counts, three words each, in no particular order. */
  entries(): Uint32Array<ArrayBuffer> {
    const all = new Uint32Array(3 * this.#size);
    let to = 0;
    for (let at = 0; at < this.#slots.length; at += 3) {
      if (this.#slots[at + 2] > 0) all.set(this.#slots.subarray(at, at + 3), 3 * to++);
    }
    return all;
  }

  /** Makes a table of `entries`. */
  static of(entries: Uint32Array): CountTable {
    const table = new CountTable();
    for (let i = 0; i < entries.length; i += 3) table.add(entries[i], entries[i + 1], entries[i + 2]);
    return table;
  }

  /** Moves the table to shared memory and returns it as data for workers; nothing may be added afterwards. */
  shared(): SharedTable {
    if (!(this.#slots.buffer instanceof SharedArrayBuffer)) {
      const slots = new Uint32Array(new SharedArrayBuffer(this.#slots.byteLength));
      slots.set(this.#slots);
      this.#slots = slots;
    }
    return { slots: this.#slots, size: this.#size };
  }

  /** Makes a table on the memory that another thread shares. */
  static sharing({ slots, size }: SharedTable): CountTable {
    const table = new CountTable();
    [table.#slots, table.#size] = [slots, size];
    return table;
  }

  #grow(): void {
    const old = this.#slots;
    const larger = this.#slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 3) {
      if (old[at + 2] > 0) larger.set(old.subarray(at, at + 3), slotOf(larger, old[at], old[at + 1]));
    }
  }
}

function slotOf(slots: Uint32Array, low: number, high: number): number {
  const count = slots.length / 3;
  let slot = Math.imul(low ^ (high >>> 9), 0x9e3779b1) >>> 5 & (count - 1);
  while (slots[3 * slot + 2] !== 0 && (slots[3 * slot] !== low || slots[3 * slot + 1] !== high)) {
    slot = (slot + 1) & (count - 1);
  }
  return 3 * slot;
}
