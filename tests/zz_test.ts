
import { loopback } from "../src/parallel/loopback.ts";
import { l2Error } from "./support/golden.ts";
import { trainShards } from "./model/training/parallel/train_shards.ts";
Deno.test("x", async () => {
  for (const rate of [0.1, 1]) {
  const [one] = await loopback(1, () => trainShards({ model: 1, lanes: 2, rate }));
  for (const [D, t] of [[1, 1], [1, 2]]) {
    const all = await loopback(D * t, () => trainShards({ model: t, lanes: 2, dtype: "f16", rate }));
    const worst = all[0].curve.map(({ loss }, i) => Math.abs(loss / one.curve[i].loss - 1).toExponential(0));
    const norm = Math.max(...all[0].curve.map(({ gradNorm }, i) => Math.abs(gradNorm / one.curve[i].gradNorm - 1)));
    const w = Math.max(...[...all[0].named].map(([n, x]) => l2Error(x, one.named.get(n)!)));
    console.error(rate, D, t, "loss", worst.join(" "), "norm", norm, "weights", w, all[0].curve.map((x) => x.gradNorm.toFixed(2)).join(" "));
  }
  }
});
