// Proof that ranks do the same run with equal devices.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { shownElsewhere } from "../../../src/base/together.ts";
import { kernelTable } from "../../../src/ops/mod.ts";
import { loopback } from "../../../src/parallel/loopback.ts";
import { shareKernels } from "../../../src/train/ranks/same_run.ts";
import type { KernelTable } from "../../../src/train/monitoring/run_state.ts";
import { testDevice } from "../../support/device.ts";

const device = await testDevice("plain");

/** Makes the kernel table of a rank. */
function kernels(changes: Partial<KernelTable> = {}): KernelTable {
  return { sdk: "1", adapter: "A", subgroup: 8, int64: true, choices: kernelTable(device), ...changes };
}

/** Shares the kernels of ranks; returns the difference or error of each. */
function share(tables: readonly KernelTable[], force = false): Promise<(string | Error | undefined)[]> {
  return loopback(
    tables.length,
    (world) => shareKernels(world, device, tables[world.rank], force).catch((error) => error as Error),
  );
}

Deno.test("ranks with another adapter, version or width are refused by name", async () => {
  const cases: [Partial<KernelTable>, RegExp][] = [
    [{ adapter: "B" }, /kernels\.adapter is "B" on rank 2 and "A" on rank 0/],
    [{ sdk: "2" }, /kernels\.sdk is "2" on rank 2/],
    [{ subgroup: 16 }, /kernels\.subgroup is 16 on rank 2 and 8 on rank 0/],
    [{ int64: false }, /kernels\.int64/],
    [{ padded: true }, /kernels\.padded/],
    [{ packed: true }, /kernels\.packed/],
  ];
  for (const [changes, message] of cases) {
    const errors = await share([kernels(), kernels(), kernels(changes)]);
    for (const error of errors) {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, message);
    }
    assert.deepEqual(errors.map(shownElsewhere), [false, true, true]);
  }
});

Deno.test("force goes on and names the difference; equal ranks have none", async () => {
  assert.deepEqual(await share([kernels(), kernels()]), [undefined, undefined]);
  const [one, other] = await share([kernels(), kernels({ adapter: "B" })], true);
  assert.equal(one, 'kernels.adapter is "B" on rank 1 and "A" on rank 0');
  assert.equal(other, one);
});

Deno.test("all ranks take the kernel choices of rank 0", async () => {
  const first = kernels();
  const second = kernels();
  second.choices.matmul["nt large"] = "shared 32x64";
  await share([first, second]);
  assert.deepEqual(second.choices, first.choices);
});
