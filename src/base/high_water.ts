/**
 * A quantity that remembers its highest values, such as the bytes that a device holds.
 *
 * @module
 */

/** A gauge of the highest value since it was started; disposing it ends it. */
export interface Gauge extends Disposable {
  /** Highest value since the start. */
  readonly peak: number;
}

/** A quantity that rises and falls. */
export class HighWater {
  #value = 0;
  #peak = 0;
  readonly #gauges = new Set<{ peak: number }>();

  /** Value now. */
  get value(): number {
    return this.#value;
  }

  /** Highest value so far. */
  get peak(): number {
    return this.#peak;
  }

  /** Changes the value by `amount`, which may be negative. */
  add(amount: number): void {
    this.#value += amount;
    this.#peak = Math.max(this.#peak, this.#value);
    for (const gauge of this.#gauges) gauge.peak = Math.max(gauge.peak, this.#value);
  }

  /** Starts a gauge of the highest value from now on. */
  gauge(): Gauge {
    const gauge = { peak: this.#value, [Symbol.dispose]: () => void this.#gauges.delete(gauge) };
    this.#gauges.add(gauge);
    return gauge;
  }
}
