import assert from "node:assert/strict";
import { Interrupts } from "../../src/display/interrupt.ts";
import { interruptible, onInterrupt } from "../../src/display/mod.ts";
import { needs } from "../support/needs.ts";

function fake(notebook: boolean) {
  const listeners: (() => void)[] = [];
  const exits: number[] = [];
  const interrupts = new Interrupts({
    notebook: () => notebook,
    listen: (fn) => void listeners.push(fn),
    ignore: (fn) => void listeners.splice(listeners.indexOf(fn), 1),
    exit: (code) => void exits.push(code),
  });
  return { interrupts, listeners, exits, press: () => listeners.forEach((fn) => fn()) };
}

/** Runs `fn` and returns what it printed. */
function printed(fn: () => void): string[] {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (...args: unknown[]) => void lines.push(args.join(" "));
  try {
    fn();
  } finally {
    Object.assign(console, { log, error });
  }
  return lines;
}

Deno.test("outside a notebook the listener lives as long as a handler", () => {
  const { interrupts, listeners } = fake(false);
  interrupts.arm();
  assert.equal(listeners.length, 0);
  const offA = interrupts.on(() => {});
  const offB = interrupts.on(() => {});
  assert.equal(listeners.length, 1);
  offA();
  offA();
  assert.equal(listeners.length, 1);
  offB();
  assert.equal(listeners.length, 0);
  interrupts.on(() => {});
  assert.equal(listeners.length, 1);
});

Deno.test("in a notebook it stays, and says when nothing runs", () => {
  const { interrupts, listeners, exits, press } = fake(true);
  interrupts.arm();
  interrupts.arm();
  interrupts.on(() => {})();
  assert.equal(listeners.length, 1);
  assert.deepEqual(printed(press), ["Nothing is running."]);
  assert.deepEqual(exits, []);
});

Deno.test("the newest gets first and second, then the one below counts from one", () => {
  const { interrupts, press } = fake(true);
  const got: string[] = [];
  const offOld = interrupts.on((n) => got.push(`old ${n}`));
  const offNew = interrupts.on((n) => got.push(`new ${n}`));
  press();
  press();
  offNew();
  press();
  offOld();
  assert.deepEqual(got, ["new 1", "new 2", "old 1"]);
});

Deno.test("a third Ctrl-C ends a process that hangs, but never a kernel", () => {
  for (const notebook of [false, true]) {
    const { interrupts, exits, press } = fake(notebook);
    const got: number[] = [];
    interrupts.on((n) => got.push(n));
    for (let i = 0; i < 3; i++) press();
    assert.deepEqual([got, exits], notebook ? [[1, 2, 3], []] : [[1, 2], [130]]);
  }
});

Deno.test("a handler that throws is reported and harms nobody", () => {
  const { interrupts, press } = fake(true);
  interrupts.on(() => {
    throw new Error("oops");
  });
  assert.match(printed(press)[0], /^The interrupt handler failed: Error: oops/);
});

const signals = needs(Deno.build.os !== "windows", "Windows sends no SIGINT to a process");

Deno.test(`a real SIGINT reaches the handler, and afterwards ends the process as ever${signals.reason}`, {
  ignore: signals.ignore,
}, async () => {
  const url = new URL("../../src/display/mod.ts", import.meta.url).href;
  const script = `
    import { interruptible, onInterrupt } from ${JSON.stringify(url)};
    const off = onInterrupt((n) => { console.log("got " + n); if (n === 2) { off(); console.log("off"); } });
    console.log("ready");
    setTimeout(() => Deno.exit(7), 20_000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", script],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let seen = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (/(ready|got 1|off)\n$/.test(seen)) child.kill("SIGINT");
  }
  const { code, signal } = await child.status;
  assert.equal(seen, "ready\ngot 1\ngot 2\noff\n");
  assert.ok(signal === "SIGINT" || code === 130, `ended with ${code} ${signal}`);
});

Deno.test("a handler registered here is taken away again", () => {
  // Deno's test runner fails this test if a signal listener is left.
  onInterrupt(() => {})();
});

Deno.test("interruptible work gets a signal that Stop aborts, and the handler goes when it ends", async () => {
  const { interrupts, press } = fake(true);
  const on = interrupts.on.bind(interrupts);
  const waiting = interruptible(
    undefined,
    (signal) =>
      new Promise<never>((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason))),
    on,
    () => true,
  );
  interrupts.arm();
  press();
  await assert.rejects(waiting, { name: "AbortError" });
  assert.deepEqual(printed(press), ["Nothing is running."]);
  const own = new AbortController().signal;
  assert.equal(await interruptible(own, (signal) => Promise.resolve(signal === own), on, () => true), true);
  assert.equal(
    await interruptible(undefined, (signal) => Promise.resolve(signal), on, () => false),
    undefined,
  );
});
