/**
 * PyTorch's random numbers on the CPU, by which the start of a comparison is made without PyTorch.
 *
 * They are the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998) and the Box-Muller transform in blocks of sixteen,
 * as in `normal_`.
 *
 * @module
 */

const N = 624;
const M = 397;

/** The generator that `torch.manual_seed(seed)` leaves behind. */
export class MersenneTwister {
  #state = new Uint32Array(N);
  #at = N;

  /** Seeds the state. */
  constructor(seed: number) {
    this.#state[0] = seed;
    for (let i = 1; i < N; i++) {
      const before = this.#state[i - 1] ^ (this.#state[i - 1] >>> 30);
      this.#state[i] = Math.imul(1812433253, before) + i;
    }
  }

  /** Draws 32 bits as an unsigned number. */
  next(): number {
    if (this.#at === N) this.#twist();
    let x = this.#state[this.#at++];
    x ^= x >>> 11;
    x ^= (x << 7) & 0x9d2c5680;
    x ^= (x << 15) & 0xefc60000;
    return (x ^ (x >>> 18)) >>> 0;
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < N; i++) {
      const joined = (s[i] & 0x80000000) | (s[(i + 1) % N] & 0x7fffffff);
      s[i] = s[(i + M) % N] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }

  /** Skips `count` numbers. */
  skip(count: number): void {
    for (let i = 0; i < count; i++) this.next();
  }

  /** Draws `tensor.normal_(0, deviation)` for a size that is a multiple of 16. */
  normal(size: number, deviation: number): Float32Array<ArrayBuffer> {
    const x = Float32Array.from({ length: size }, () => (this.next() & 0xffffff) / 2 ** 24);
    for (let block = 0; block < size; block += 16) {
      for (let i = block; i < block + 8; i++) {
        const radius = deviation * Math.sqrt(-2 * Math.log(1 - x[i]));
        const angle = 2 * Math.PI * x[i + 8];
        x[i] = radius * Math.cos(angle);
        x[i + 8] = radius * Math.sin(angle);
      }
    }
    return x;
  }
}
