import assert from "node:assert/strict";
import {
  displayIn,
  type DisplayOwner,
  displayOwner,
  pipeSink,
  Progress,
  type Sink,
  withOwner,
  withProgress,
} from "../../src/display/mod.ts";
import { jobOf } from "../../src/base/job.ts";
import { openStream } from "../../src/workers/pool.ts";
import { FakeClock } from "./fake_clock.ts";
import { picturesMade } from "./worker_program.ts";

/** A place that records the lines that a pipe would get. */
function recorder(): { clock: FakeClock; sink: Sink; lines: string[] } {
  const lines: string[] = [];
  return { clock: new FakeClock(), sink: pipeSink((line) => lines.push(line)), lines };
}

Deno.test("progress inside of progress is a note in it, and shows once", async () => {
  const { clock, sink, lines } = recorder();
  await displayIn(
    { clock, sink },
    () =>
      withProgress("evaluating", { total: 2, unit: "task" }, async (outer) => {
        await withProgress("scoring", { total: 40, unit: "text" }, async (inner) => {
          for (let i = 0; i < 40; i++) {
            await Promise.resolve();
            clock.advance(500);
            inner.add();
          }
        });
        outer.add();
        clock.advance(5000);
      }),
  );
  assert.deepEqual(lines, [
    "evaluating: 0 of 2 tasks (scoring: 1 of 40 texts, 1/s, 39 s to go)",
    "evaluating: 0 of 2 tasks (scoring: 11 of 40 texts, 1.83/s, 16 s to go)",
    "evaluating: 0 of 2 tasks (scoring: 21 of 40 texts, 1.91/s, 10 s to go)",
    "evaluating: 0 of 2 tasks (scoring: 31 of 40 texts, 1.94/s, 4.6 s to go)",
    "evaluating: 1 of 2 tasks, 21 s each, 21 s to go",
    "evaluating: 1 of 2 tasks, 25 s each, took 25 s",
  ]);
});

Deno.test("a note of three depths has the innermost one in it; work below a second is no note", async () => {
  const { clock, sink, lines } = recorder();
  await displayIn(
    { clock, sink },
    () =>
      withProgress("a", {}, () =>
        withProgress("b", {}, () =>
          withProgress("c", {}, async (c) => {
            clock.advance(999);
            await Promise.resolve();
            c.add();
            assert.deepEqual(lines, []);
            clock.advance(1);
            c.add();
          }))),
  );
  assert.equal(lines[0], "a: b: c: 1, 1/s");
  assert.equal(lines.at(-1), "a: took 1.0 s");
});

Deno.test("work that runs at the same time keeps a display of its own", async () => {
  const { clock, sink, lines } = recorder();
  let go = () => {};
  const wait = new Promise<void>((resolve) => go = resolve);
  await displayIn({ clock, sink }, async () => {
    const one = withProgress("one", {}, () => wait);
    const other = withProgress("other", {}, () => wait);
    clock.advance(1000);
    assert.deepEqual(lines, ["one ...", "other ..."]);
    go();
    await Promise.all([one, other]);
  });
  assert.deepEqual(lines.slice(2), ["one: took 1.0 s", "other: took 1.0 s"]);
});

Deno.test("what goes on after the outer work has ended has a display of its own", async () => {
  const { clock, sink, lines } = recorder();
  let go = () => {};
  const wait = new Promise<void>((resolve) => go = resolve);
  let rest: Promise<void> | undefined;
  await displayIn({ clock, sink }, async () => {
    await withProgress("outer", {}, async () => {
      await Promise.resolve();
      rest = wait.then(() => withProgress("rest", {}, () => Promise.resolve(clock.advance(1500))));
    });
    go();
    await rest;
  });
  assert.deepEqual(lines, ["rest ...", "rest: took 1.5 s"]);
});

Deno.test("an error and an abort end the display and are said in it", async () => {
  const { clock, sink, lines } = recorder();
  const stop = new AbortController();
  const work = displayIn(
    { clock, sink },
    () =>
      withProgress("packing", { total: 10, unit: "document" }, async (progress) => {
        for (let i = 0; i < 10; i++) {
          stop.signal.throwIfAborted();
          await Promise.resolve();
          clock.advance(500);
          progress.add();
          if (i === 3) stop.abort(new Error("enough"));
        }
      }),
  );
  await assert.rejects(work, /enough/);
  assert.deepEqual(lines, [
    "packing: 1 of 10 documents, 1/s, 9.0 s to go",
    "packing: stopped at 4 of 10 documents after 2.0 s",
  ]);
  assert.equal(clock.pending, 0);
  clock.advance(60_000);
  assert.equal(lines.length, 2);
});

Deno.test("a display of another kind owns the work inside of it", async () => {
  const { clock, sink, lines } = recorder();
  const notes: (string | undefined)[] = [];
  const card: DisplayOwner = { open: true, note: (text) => notes.push(text?.()) };
  await displayIn({ clock, sink }, () =>
    withOwner(card, async () => {
      assert.equal(displayOwner(), card);
      await withProgress("saving", { total: 2 }, (progress) => {
        clock.advance(1500);
        progress.add();
        return Promise.resolve();
      });
    }));
  assert.deepEqual(lines, []);
  assert.deepEqual(notes, ["", "saving: 0 of 2", "saving: 1 of 2, 1.5 s each, 1.5 s to go", undefined]);
  assert.equal(displayOwner(), undefined);
});

Deno.test("a sink of its own shows progress wherever it is", async () => {
  const { clock, sink, lines } = recorder();
  await displayIn({ clock }, () =>
    withProgress("outer", { sink: pipeSink(() => {}) }, async () => {
      await using own = new Progress("own", { sink });
      clock.advance(1000);
      own.add();
    }));
  assert.deepEqual(lines, ["own ...", "own: 1, 1/s, took 1.0 s"]);
});

Deno.test("a worker shows nothing, and its work is as good", async () => {
  const program = new URL("./worker_program.ts", import.meta.url).href;
  const stream = openStream<number, number>(jobOf(program, {}, picturesMade), 1);
  const made = await stream.ask([1]);
  stream.close();
  assert.deepEqual(made, [0]);
});
