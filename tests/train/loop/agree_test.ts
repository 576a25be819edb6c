// Agreements of ranks in one process: stops, pauses, read-backs, errors, work aside.
import assert from "node:assert/strict";
import { RankError } from "../../../src/base/exchange.ts";
import { isAgreed, shownElsewhere } from "../../../src/base/together.ts";
import { loopback } from "../../../src/parallel/loopback.ts";
import { openRanks } from "../../../src/parallel/mod.ts";
import { Agreement } from "../../../src/train/loop/agree.ts";
import { RunControl } from "../../../src/train/loop/run_control.ts";
import { EnergyMeter } from "../../../src/train/monitoring/energy.ts";
import { RunLog } from "../../../src/train/monitoring/run_log.ts";

/** Runs a program on ranks that agree, and returns its results. */
function agreeing<T>(
  size: number,
  program: (agreement: Agreement, control: RunControl, rank: number) => Promise<T>,
): Promise<T[]> {
  return loopback(size, async (world) => {
    const control = new RunControl();
    return await program(new Agreement(await openRanks(), control, new RunLog()), control, world.rank);
  });
}

/** Returns the error of some work. */
async function errorOf(work: Promise<unknown>): Promise<Error> {
  return await work.then(() => new Error("none"), (error) => error as Error);
}

Deno.test("a stop on one rank takes effect on all at the next agreement, and not before", async () => {
  const stopped = await agreeing(3, async (agreement, control, rank) => {
    const seen: boolean[] = [];
    for (let step = 1; step <= 4; step++) {
      if (step === 2 && rank === 1) control.stop();
      seen.push(control.stopping.aborted);
      await agreement.agree({ step });
    }
    return seen;
  });
  for (const seen of stopped) assert.deepEqual(seen, [false, false, true, true]);
});

Deno.test("a second stop aborts all ranks", async () => {
  const aborted = await agreeing(2, async (agreement, control, rank) => {
    if (rank === 0) control.stop();
    if (rank === 0) control.stop();
    assert.equal(control.aborting.aborted, false);
    await agreement.agree({ step: 1 });
    return control.aborting.aborted;
  });
  assert.deepEqual(aborted, [true, true]);
});

Deno.test("all ranks read back where one is due to", async () => {
  const due = await agreeing(2, async (agreement, _, rank) => {
    const first = await agreement.agree({ step: 1, due: rank === 1 });
    const second = await agreement.agree({ step: 2 });
    return [first.due, second.due];
  });
  assert.deepEqual(due, [[true, false], [true, false]]);
});

Deno.test("the error of one rank ends all at the same step, each with its own error", async () => {
  const own = new TypeError("no such window");
  const errors = await agreeing(3, async (agreement, _, rank) => {
    await agreement.agree({ step: 1 });
    return await errorOf(agreement.agree({ step: 2, failure: rank === 2 ? { error: own } : undefined }));
  });
  assert.equal(errors[2], own);
  assert.ok(errors.every(isAgreed));
  assert.deepEqual(errors.map(shownElsewhere), [true, true, false]);
  for (const error of errors.slice(0, 2)) {
    assert.ok(error instanceof RankError);
    assert.equal(error.message, "Rank 2 failed: no such window");
  }
});

Deno.test("ranks at different steps, or after different collectives, are told so", async () => {
  const steps = await agreeing(2, (agreement, _, rank) => errorOf(agreement.agree({ step: 5 + rank })));
  for (const { message } of steps) {
    assert.match(
      message,
      /The ranks are at different steps: rank 0 at 5, rank 1 at 6\. Every process must run/,
    );
  }
  const work = await agreeing(2, async (agreement, _, rank) => {
    agreement.ranks.world.log.add("barrier", rank === 0 ? "gradients" : "weights", 0);
    return await errorOf(agreement.agree({ step: 3 }));
  });
  for (const { message } of work) {
    assert.match(message, /Before step 3 rank 1 has done other collectives than its peers/);
  }
});

Deno.test("ranks wait while one pauses, go on for allowed steps, and stop in a pause", async () => {
  const resumed = await agreeing(2, async (agreement, control, rank) => {
    if (rank === 1) {
      control.pause();
      setTimeout(() => control.resume(), 30);
    }
    assert.equal((await agreement.agree({ step: 1 })).pause, true);
    await agreement.waitWhilePaused(1);
    assert.equal(control.paused, false);
    if (rank === 1) control.step(1);
    const { pause } = await agreement.agree({ step: 1 });
    control.takeStep();
    const after = await agreement.agree({ step: 2 });
    if (rank === 0) setTimeout(() => control.stop(), 30);
    await agreement.waitWhilePaused(2);
    return [pause, after.pause, control.stopping.aborted];
  });
  assert.deepEqual(resumed, [[false, true, true], [false, true, true]]);
});

Deno.test("work aside: every rank waits for the slowest, and a stop reaches all", async () => {
  const order: string[] = [];
  const results = await agreeing(2, async (agreement, _, rank) => {
    const result = await agreement.phase(1, async () => {
      if (rank === 0) await new Promise((resolve) => setTimeout(resolve, 600)); // two agreements long
      order.push(`work ${rank}`);
      return 10 * rank;
    });
    order.push(`after ${rank}`);
    return result;
  });
  assert.deepEqual(results, [0, 10]);
  assert.deepEqual(order.slice(0, 2), ["work 1", "work 0"]);

  const discarded: number[] = [];
  const stopped = await agreeing(2, async (agreement, control, rank) => {
    if (rank === 1) setTimeout(() => control.stop(), 30);
    const work = async () => {
      if (rank === 1) return 7;
      await new Promise((_, reject) =>
        control.stopping.addEventListener("abort", () => reject(control.stopping.reason))
      );
    };
    const error = await errorOf(agreement.phase(1, work, (result) => discarded.push(result!)));
    return error === control.stopping.reason;
  });
  assert.deepEqual(stopped, [true, true]);
  assert.deepEqual(discarded, [7]);
});

Deno.test("work aside in a run that stops already ends as the work does", async () => {
  const ended = await agreeing(2, async (agreement, control, rank) => {
    if (rank === 0) control.stop();
    await agreement.agree({ step: 1 });
    const { stopping } = control;
    const done = await agreement.phase(1, () => rank + 1);
    const error = await errorOf(agreement.phase(1, () => stopping.throwIfAborted()));
    return [done, error === stopping.reason];
  });
  assert.deepEqual(ended, [[1, true], [2, true]]);
});

Deno.test("the failure of work aside ends all ranks at once", async () => {
  const errors = await agreeing(2, (agreement, _, rank) =>
    errorOf(
      agreement.phase(4, async () => {
        if (rank === 0) throw new RangeError("empty corpus");
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }),
    ));
  assert.deepEqual(errors.map(({ name }) => name), ["RangeError", "RankError"]);
});

Deno.test("rank 0 is told the energy that the other ranks have measured", async () => {
  const joules = [1.5, 20, 300];
  const told = await loopback(3, async (world) => {
    const log = new RunLog();
    const device = { adapter: "llvmpipe", software: true };
    const meter = log.meter = new EnergyMeter({ pue: 1, gridKgPerKWh: 1 }, device, { counts: false });
    Object.defineProperty(meter, "joules", { value: joules[world.rank] });
    await new Agreement(await openRanks(), new RunControl(), log).agree({ step: 1 });
    return meter.joulesElsewhere;
  });
  assert.deepEqual(told, [320, 301.5, 21.5]);
});
