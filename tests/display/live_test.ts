import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import {
  type Clock,
  Live,
  type LiveUpdate,
  notebookSink,
  pipeSink,
  Progress,
  type Sink,
  terminalSink,
} from "../../src/display/mod.ts";
import { FakeClock } from "./fake_clock.ts";

/** A notebook that records the messages it receives, with the time. */
function notebook(clock: Clock) {
  const messages: { at: number; type: string; text: string; id: string }[] = [];
  const sink = notebookSink((type, content) => {
    const { data, transient } = content as {
      data: Record<string, string>;
      transient: { display_id: string };
    };
    messages.push({ at: clock.now(), type, text: data["text/plain"], id: transient.display_id });
    return Promise.resolve();
  });
  return { messages, sink };
}

const step = (i: number): LiveUpdate => ({ picture: { text: `step ${i}` } });

Deno.test("a notebook gets one output, at most five messages a second, and the last state", async () => {
  const clock = new FakeClock();
  const { messages, sink } = notebook(clock);
  const live = new Live({ sink, clock });
  for (let i = 1; i <= 1000; i++) {
    live.update(step(i));
    clock.advance(3);
  }
  await live.end();
  assert.equal(messages.length, 16);
  assert.deepEqual(messages.map((m) => m.type), ["display_data", ...Array(15).fill("update_display_data")]);
  assert.equal(new Set(messages.map((m) => m.id)).size, 1);
  for (let i = 1; i < messages.length - 1; i++) assert.ok(messages[i].at - messages[i - 1].at >= 200);
  assert.equal(messages[0].text, "step 1");
  assert.equal(messages.at(-1)!.text, "step 1000");
  assert.equal(clock.pending, 0);
});

Deno.test("an update followed by silence is shown when its time has come", () => {
  const clock = new FakeClock();
  const { messages, sink } = notebook(clock);
  const live = new Live({ sink, clock });
  for (const i of [1, 2, 3]) live.update(step(i));
  assert.deepEqual(messages.map((m) => m.text), ["step 1"]);
  clock.advance(199);
  assert.equal(messages.length, 1);
  clock.advance(1);
  assert.deepEqual(messages.map((m) => m.text), ["step 1", "step 3"]);
  clock.advance(1000);
  assert.equal(messages.length, 2);
  live.update(step(4));
  assert.deepEqual(messages.at(-1), { ...messages.at(-1)!, at: 1200, text: "step 4" });
});

Deno.test("a pending update that was overtaken while the thread was blocked is not sent again", () => {
  const clock = new FakeClock();
  const { messages, sink } = notebook(clock);
  const live = new Live({ sink, clock });
  for (const i of [1, 2]) live.update(step(i));
  clock.block(300);
  live.update(step(3));
  assert.equal(clock.pending, 0);
  clock.advance(1000);
  assert.deepEqual(messages.map((m) => m.text), ["step 1", "step 3"]);
});

Deno.test("a picture is made only when it is shown", async () => {
  const clock = new FakeClock();
  const { sink } = notebook(clock);
  const live = new Live({ sink, clock });
  let made = 0;
  for (let i = 0; i < 100; i++) live.update({ picture: () => ({ text: String(++made) }) });
  assert.equal(made, 1);
  await live.end();
  assert.equal(made, 2);
});

Deno.test("the end repeats nothing that was seen, shows what is given, and is the end", async () => {
  const clock = new FakeClock();
  const { messages, sink } = notebook(clock);
  const seen = new Live({ sink, clock });
  seen.update(step(1));
  await seen.end();
  await seen.end();
  seen.update(step(2));
  clock.advance(1000);
  assert.deepEqual(messages.map((m) => m.text), ["step 1"]);
  const given = new Live({ sink, clock });
  given.update(step(3));
  await given.end(step(4));
  assert.deepEqual(messages.map((m) => m.text), ["step 1", "step 3", "step 4"]);
  const never = new Live({ sink, clock });
  await never.end();
  assert.equal(messages.length, 3);
});

Deno.test("the end waits until the kernel has taken the messages, and survives one it refused", async () => {
  const log: string[] = [];
  let refuse = true;
  const sink = notebookSink(async (_type, content) => {
    await Promise.resolve();
    await Promise.resolve();
    if (refuse) throw new Error("gone");
    log.push((content as { data: Record<string, string> }).data["text/plain"]);
  });
  const live = new Live({ sink, interval: 0 });
  live.update(step(1));
  await Promise.resolve().then(() => Promise.resolve());
  refuse = false;
  await live.end(step(2));
  assert.deepEqual(log, ["step 2"]);
});

Deno.test("a terminal has one rewritten line that fits, and the whole text at the end", async () => {
  const clock = new FakeClock();
  let written = "";
  const sink = terminalSink((text) => written += text, () => 12);
  const live = new Live({ sink, clock });
  live.update({ picture: { text: "loss 灌木 4.123456\nsecond line" } });
  live.update({ picture: { text: "dropped" } });
  clock.advance(200);
  live.update({ picture: { text: "b\x1b[2Jc" } });
  await live.end({ picture: { text: "done in 3 steps, which is long\nsecond line" } });
  assert.equal(
    written,
    "\r\x1b[2Kloss 灌木 …\r\x1b[2Kdropped\r\x1b[2Kdone in 3 steps, which is long\nsecond line\n",
  );
  written = "";
  const seen = new Live({ sink, clock });
  seen.update(step(1));
  await seen.end();
  assert.equal(written, "\r\x1b[2Kstep 1\r\x1b[2Kstep 1\n");
});

Deno.test("a pipe gets the first line, then one at most every five seconds, and the last", async () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const live = new Live({ sink: pipeSink((text) => lines.push(text)), clock });
  for (let i = 1; i <= 125; i++) {
    live.update({ picture: { text: "picture" }, line: () => `step ${i}` });
    clock.advance(100);
  }
  await live.end();
  assert.deepEqual(lines, ["step 1", "step 50", "step 100", "step 125"]);
});

Deno.test("a pipe of a long display gets fewer lines: under 100 in half an hour, then one a minute", async () => {
  const clock = new FakeClock();
  const seconds: number[] = [];
  const live = new Live({ sink: pipeSink(() => seconds.push(clock.now() / 1000)), clock });
  for (let i = 0; i < 7200; i++) {
    live.update(step(i));
    clock.advance(1000);
  }
  await live.end();
  const within = (from: number, to: number) => seconds.filter((at) => at >= from && at < to).length;
  assert.equal(within(0, 100), 20);
  assert.ok(within(0, 1800) < 100, `${within(0, 1800)} lines`);
  assert.equal(within(3600, 7200), 60);
});

Deno.test("pipeInterval sets the pace of a pipe", async () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const live = new Live({ sink: pipeSink((text) => lines.push(text)), clock, pipeInterval: 1000 });
  for (let i = 1; i <= 25; i++) {
    live.update(step(i));
    clock.advance(100);
  }
  await live.end();
  assert.deepEqual(lines, ["step 1", "step 10", "step 20", "step 25"]);
});

Deno.test("a pipe gets the first line of a picture, all of the last one, and no state twice", async () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const sink = pipeSink((text) => lines.push(text));
  const tall = new Live({ sink, clock });
  tall.update({ picture: { text: "a\nmore" } });
  clock.advance(5000);
  tall.update({ picture: { text: "b\nmore" } });
  await tall.end();
  assert.deepEqual(lines, ["a", "b", "b\nmore"]);
  lines.length = 0;
  const flat = new Live({ sink, clock });
  flat.update(step(1));
  await flat.end();
  const own = new Live({ sink, clock });
  own.update({ picture: { text: "c\nmore" }, line: "plain \x1b[31mline\nof two" });
  await own.end();
  assert.deepEqual(lines, ["step 1", "plain  [31mline of two"]);
});

Deno.test("a picture that fails late fails again where it is heard", async () => {
  const clock = new FakeClock();
  const { sink } = notebook(clock);
  const live = new Live({ sink, clock });
  live.update(step(1));
  live.update({
    picture: () => {
      throw new Error("no picture");
    },
  });
  clock.advance(500);
  await assert.rejects(live.end(), /no picture/);
});

Deno.test("the process's own clock sends the pending update", async () => {
  const shown: string[] = [];
  const sink: Sink = {
    kind: "notebook",
    show: ({ picture }) => void shown.push((picture as { text: string }).text),
    flush: () => Promise.resolve(),
  };
  const live = new Live({ sink, interval: 20 });
  live.update(step(1));
  live.update(step(2));
  for (let i = 0; i < 200 && shown.length < 2; i++) await new Promise((r) => setTimeout(r, 5));
  assert.deepEqual(shown, ["step 1", "step 2"]);
  await live.end();
});

Deno.test("progress is silent for a second, then says done, rate and time to go", async () => {
  const clock = new FakeClock();
  const { messages, sink } = notebook(clock);
  const short = new Progress("packing", { total: 10, sink, clock });
  for (let i = 0; i < 10; i++) short.add(), clock.advance(99);
  await short.end();
  assert.equal(messages.length, 0);

  const long = new Progress("tokenizing", { total: 4000, unit: "document", sink, clock });
  for (let i = 0; i < 3000; i++) long.add(), clock.advance(1);
  assert.equal(
    messages[0].text,
    "tokenizing: █████░░░░░░░░░░░░░░░ 1,000 of 4,000 documents, 1,000/s, 3.0 s to go",
  );
  assert.equal(messages.length, 11);
  long.set(4000);
  await long.end();
  assert.equal(messages.at(-1)!.text, "tokenizing: 4,000 documents, 1,333/s, took 3.0 s");
});

Deno.test("progress speaks up even when nothing moves, and without a total", async () => {
  const clock = new FakeClock();
  const { messages, sink } = notebook(clock);
  const still = new Progress("loading", { sink, clock });
  clock.advance(1500);
  assert.deepEqual(messages.map((m) => m.text), ["loading ..."]);
  still.add(3);
  await still.end();
  assert.equal(messages.at(-1)!.text, "loading: 3, 2/s, took 1.5 s");
});

Deno.test("progress in a pipe is a plain line each five seconds and one at the end", async () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  {
    await using progress = new Progress("x", {
      total: 120,
      sink: pipeSink((text) => lines.push(text)),
      clock,
    });
    for (let i = 0; i < 120; i++) progress.add(), clock.advance(100);
  }
  assert.deepEqual(lines, [
    "x: 10 of 120, 10/s, 11 s to go",
    "x: 60 of 120, 10/s, 6.0 s to go",
    "x: 110 of 120, 10/s, 1.0 s to go",
    "x: 120, 10/s, took 12 s",
  ]);
});

Deno.test("progress escapes its label", async () => {
  const clock = new FakeClock();
  const html: string[] = [];
  const sink = notebookSink((_type, content) => {
    html.push((content as { data: Record<string, string> }).data["text/html"]);
    return Promise.resolve();
  });
  const progress = new Progress("<b>", { total: 2, unit: "<i>", sink, clock });
  clock.advance(1000);
  await progress.end();
  assert.match(html[0], /^<div>&lt;b&gt;: (<\/?span[^>]*>)+ 0 of 2 &lt;i&gt;s<\/div>$/);
});

Deno.test("options are strict", () => {
  assert.throws(() => new Live({ intervall: 3 } as object), /did you mean "interval"/);
  assert.throws(() => new Live({ interval: -1 }), ConfigError);
  assert.throws(() => new Progress("x", { totl: 3 } as object), /did you mean "total"/);
});
