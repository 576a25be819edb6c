// The loss over windows, measured by several ranks together.
import assert from "node:assert/strict";
import { openDevice } from "../../../src/gpu/mod.ts";
import { windowLoss } from "../../../src/model/scoring/window_loss.ts";
import { loopback } from "../../../src/parallel/loopback.ts";
import { tinyModel, tokens } from "../../train/support.ts";

Deno.test("ranks measure together what one process measures, to the last bit, for any number of batches", async () => {
  using alone = await tinyModel();
  const windows = await tokens(7).prepare();
  for (
    const [size, batch, limit] of [[2, 2, undefined], [3, 2, undefined], [3, 4, undefined], [2, 2, 5], [
      2,
      9,
      1,
    ]]
  ) {
    const want = await windowLoss(alone, windows, 12, { batch, limit });
    const found = await loopback(size!, async (group) => {
      const device = await openDevice();
      try {
        using model = await tinyModel({}, device);
        return await windowLoss(model, windows, 12, { batch, limit, group });
      } finally {
        device.close();
      }
    });
    for (const result of found) assert.deepEqual(result, want, `${size} ranks, batches of ${batch}`);
  }
});
