/**
 * Work that passes share when a job reads one unit of input after another: workers with their models, and models on the
 * main thread, which would else be loaded for each unit.
 *
 * @module
 */

/** Objects that several passes over the same plan share, until the job ends. */
export class SharedWork implements Disposable {
  readonly #kept = new Map<object, Disposable>();

  /** Returns the object kept under `key`, made at the first call. */
  of<T extends Disposable>(key: object, make: () => T): T {
    const known = this.#kept.get(key) as T | undefined;
    const kept = known ?? make();
    this.#kept.set(key, kept);
    return kept;
  }

  /** Lets all objects go. */
  [Symbol.dispose](): void {
    for (const kept of this.#kept.values()) kept[Symbol.dispose]();
    this.#kept.clear();
  }
}
