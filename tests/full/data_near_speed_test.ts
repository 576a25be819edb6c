// Speed of near deduplication as its table grows, in CPU time: candidates are looked for and documents added by random
// signatures, at half a million documents and at 1.3 million.
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import { BandIndex, bandsFor } from "../../src/data/dedup/minhash_lsh.ts";

/** Returns the CPU time of this process in seconds. */
function cpuSeconds(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

Deno.test("100,000 documents take at most 3 times as long at 1.3 million as at half a million", () => {
  const { bands } = bandsFor(0.8);
  const random = new Random(1);
  const index = new BandIndex(bands);
  const hashes = new Uint32Array(bands);
  const seconds: number[] = [];
  for (let hundred = 0; hundred < 13; hundred++) {
    const begun = cpuSeconds();
    for (let i = 0; i < 100_000; i++) {
      for (let band = 0; band < bands; band++) hashes[band] = random.u32();
      index.candidates(hashes);
      index.add(hashes);
    }
    seconds.push(cpuSeconds() - begun);
  }
  console.log(`CPU-seconds per 100,000 documents: ${seconds.map((time) => time.toFixed(2)).join(" ")}`);
  const at = (hundred: number) => Math.max(seconds[hundred - 1], seconds[hundred - 2]);
  assert.ok(at(13) <= 3 * at(5), `${at(13)} and ${at(5)}`);
});
