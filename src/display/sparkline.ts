/**
 * A sparkline: a curve in one line of text.
 *
 * @module
 */
const BLOCKS = "▁▂▃▄▅▆▇█";

/**
 * Returns one character per value, from low to high; a value that is not finite is a space, and equal values are at half
 * the height. More than `width` values are averaged in `width` groups.
 */
export function sparkline(ys: ArrayLike<number>, width = 40): string {
  const points = ys.length <= width ? Array.from(ys) : groups(ys, width);
  const finite = points.filter(Number.isFinite);
  const low = minimum(finite);
  const high = -minimum(finite.map((y) => -y));
  // Divided by 2, so that the range of two huge values of opposite sign is finite.
  const place = (y: number) => high === low ? 3 : Math.round((y / 2 - low / 2) / (high / 2 - low / 2) * 7);
  return points.map((y) => Number.isFinite(y) ? BLOCKS[place(y)] : " ").join("");
}

function minimum(values: number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function groups(ys: ArrayLike<number>, width: number): number[] {
  return Array.from({ length: width }, (_, g) => {
    const from = Math.floor(g * ys.length / width);
    const to = Math.floor((g + 1) * ys.length / width);
    let sum = 0;
    let n = 0;
    for (let i = from; i < to; i++) if (Number.isFinite(ys[i])) n++, sum += (ys[i] - sum) / n;
    return n === 0 ? NaN : sum;
  });
}
