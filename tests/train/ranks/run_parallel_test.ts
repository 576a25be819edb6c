// Ranks and lanes of a run.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import type { Group, Ranks } from "../../../src/base/exchange.ts";
import { singleGroup, singleRanks } from "../../../src/parallel/mod.ts";
import { trainerOf } from "../../../src/train/mod.ts";
import {
  isFirstOfHost,
  lanesOf,
  metered,
  parallelState,
  queueParallel,
  runParallel,
} from "../../../src/train/ranks/run_parallel.ts";
import { quiet, short, tinyModel, tokens } from "../support.ts";

const model = await tinyModel();

/** Makes groups of `data` times `parts` ranks, of which this one is rank 0. */
function ranksOf(data: number, parts = 1): Ranks {
  const group = (size: number): Group => ({ ...singleGroup, size });
  return { world: group(data * parts), data: group(data), model: group(parts) };
}

Deno.test("lanes are those of the trainer, else of the checkpoint, else one per data rank", () => {
  const parallel = { ...runParallel(model, {}), ranks: ranksOf(4) };
  assert.equal(lanesOf(parallel), 4);
  assert.equal(lanesOf(parallel, 8), 8);
  assert.equal(lanesOf({ ...parallel, lanes: 12 }, 8), 12);
  assert.equal(lanesOf(runParallel(model, {})), 1);
  assert.equal(lanesOf(runParallel(model, { lanes: 3 })), 3);
  assert.equal(lanesOf({ ...parallel, lanes: 12, ranks: singleRanks, independent: true }, 8), 1);
});

Deno.test("lanes that the data ranks do not divide are refused, naming the numbers that do", () => {
  const parallel = { ...runParallel(model, { lanes: 6 }), ranks: ranksOf(4, 2) };
  assert.throws(() => lanesOf(parallel), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(
      error.message,
      /6 lanes run on 1 or 2 or 3 or 6 data ranks, each of 2 processes; there are 4/,
    );
    return true;
  });
  assert.throws(
    () => lanesOf({ ...runParallel(model, {}), ranks: ranksOf(2) }, 1),
    /1 lane runs on 1 data rank; there are 2/,
  );
});

Deno.test("options have their defaults, and impossible ones are refused", () => {
  const { ranks: _, ...settings } = runParallel(model, {});
  assert.deepEqual(settings, { zero: 1, overlap: true, timeout: 600, check: 500, independent: false });
  const refused: [unknown, RegExp][] = [
    [{ zero: 2 }, /Trainer\.parallel\.zero.*must be 0 or 1/],
    [{ lanes: 0 }, /Trainer\.parallel\.lanes.*must be at least 1/],
    [{ timeout: 0 }, /Trainer\.parallel\.timeout.*must be above 0/],
    [{ chek: 5 }, /check/],
    [true, /Trainer\.parallel.*must be false, or an object/],
  ];
  for (const [parallel, message] of refused) {
    assert.throws(() => quiet(model, { parallel: parallel as { lanes: number } }), (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("a run of one process and one lane takes the step of one process, and its state says nothing of ranks", () => {
  const parallel = runParallel(model, {});
  assert.equal(queueParallel(parallel, 1), undefined);
  assert.equal(parallelState(parallel, 1), undefined);
  assert.equal(queueParallel(parallel, 2)!.lanes, 2);
  assert.deepEqual(parallelState({ ...parallel, ranks: ranksOf(2, 3) }, 4), {
    processes: 6,
    model: 3,
    lanes: 4,
  });
});

Deno.test("watts count once per device, and one rank of each host reads its meter", () => {
  const world = { ...singleGroup, size: 4, hosts: ["a", "b", "a", "b"] };
  const at = (rank: number) =>
    metered({ ...runParallel(model, {}), ranks: { ...ranksOf(4), world: { ...world, rank } } });
  assert.deepEqual([0, 1, 2, 3].map((rank) => at(rank).counts), [true, true, false, false]);
  assert.deepEqual(at(0), { devices: 4, hosts: 2, counts: true });
  assert.equal(
    isFirstOfHost({ ...singleGroup, size: 2, rank: 1 }),
    false,
    "ranks of one process share its host",
  );
});

Deno.test("a recipe carries the options of several processes, and nothing where all are defaults", () => {
  const trainer = quiet(model, { parallel: { lanes: 4, zero: 0 } })
    .pretrain(tokens(9), { ...short, steps: 2, validation: false });
  const recipe = trainer.toJSON();
  assert.deepEqual(recipe.parallel, { lanes: 4, zero: 0 });
  const again = trainerOf({ ...recipe, stages: [] }, model).toJSON();
  assert.deepEqual(again.parallel, recipe.parallel);
  assert.equal("parallel" in quiet(model).toJSON(), false);
  assert.equal(quiet(model, { parallel: false }).toJSON().parallel, false);
});

Deno.test("a run with lanes that may not see a launcher warns", async () => {
  const warnings = async (env: string[]) => {
    const program = new URL("./blind_program.ts", import.meta.url).pathname;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", "--allow-read", ...env, program],
    }).output();
    return new TextDecoder().decode(stdout).trim().split("\n");
  };
  const [lanes, one, independent] = await warnings([]);
  assert.match(lanes, /^The 4 lanes are for several processes, and without --allow-env .* trains alone/);
  assert.deepEqual([one, independent], ["undefined", "undefined"]);
  assert.deepEqual(await warnings(["--allow-env"]), ["undefined", "undefined", "undefined"]);
});
