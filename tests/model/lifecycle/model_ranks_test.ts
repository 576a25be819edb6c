// Common ground of the processes of a model: kernels that one of them lacks end all of them.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { RankError } from "../../../src/base/exchange.ts";
import { adoptKernels } from "../../../src/model/lifecycle/model_ranks.ts";
import { kernelTable } from "../../../src/ops/mod.ts";
import { loopback } from "../../../src/parallel/loopback.ts";
import { testDevice } from "../../support/device.ts";

Deno.test("a device without the kernels of the first process ends all processes of the model", async () => {
  const devices = [await testDevice("fast"), await testDevice("plain")];
  assert.notDeepEqual(kernelTable(devices[0]), kernelTable(devices[1]));
  const [first, second] = await loopback(2, async (world) => {
    return await adoptKernels(devices[world.rank], world).catch((error) => error as Error);
  });
  assert.ok(second instanceof ConfigError);
  assert.match(second.message, /it has other kernels than the device of process 0/);
  assert.ok(first instanceof RankError);
  assert.equal(first.failedRank, 1);
});
