/**
 * A rank program that ends in one of the ways in which ranks fail; the first argument says how, the second is a folder.
 *
 * @module
 */
import { gatherValues } from "../../../src/base/exchange.ts";
import { guardRun, openWorld, world } from "../../../src/parallel/mod.ts";

const [how, folder] = Deno.args;
if (how === "exit before the start" && world.rank === world.size - 1) Deno.exit(0);
if (how === "throw before the start" && world.rank === world.size - 1) throw new TypeError("no such option");
const group = await openWorld();
const last = group.rank === group.size - 1;
let step = 0;

/** Makes steps in which all ranks meet. */
async function steps(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    step++;
    await group.allGather(Uint8Array.of(group.rank, step), "losses");
  }
}

if (how === "clean") {
  await gatherValues(group, Deno.pid, "processes");
  if (group.rank === 0) console.log("one line");
} else if (how === "early before a run") {
  if (last) Deno.exit(0);
  await steps(1);
} else {
  const timeout = how === "hang" || how === "busy" ? 3 : undefined;
  const over = guardRun({ timeout, folder, step: () => step });
  await steps(3);
  if (how === "exit 0" && last) Deno.exit(0);
  if (how === "throw" && last) throw new TypeError("no such file");
  if (how === "throw later" && last) {
    setTimeout(() => {
      throw new TypeError("no such file");
    }, 10);
    await new Promise(() => {});
  }
  if (how === "throw on all") throw new TypeError("no such option");
  if (how === "fail" && last) {
    const error = new TypeError("the disk is full");
    group.fail(error);
    throw error;
  }
  if (how === "other size") await group.allGather(new Uint8Array(last ? 5 : 6), "losses");
  if (how === "other kind" && last) await group.barrier("end");
  if (how === "other label" && last) await group.allGather(Uint8Array.of(1, 2), "norms");
  if (how === "hang" && last) Deno.kill(Deno.pid, "SIGSTOP");
  if (how === "busy" && last) { for (;;); }
  if (how === "kill" && last) Deno.kill(Deno.pid, "SIGKILL");
  if (how === "signal") {
    let stop = false;
    for (const signal of ["SIGINT", "SIGUSR1", "SIGUSR2"] as const) {
      Deno.addSignalListener(signal, () => stop = true);
    }
    await group.barrier("all listen");
    if (group.rank === 0) console.log("ready");
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      step++;
      const wishes = await gatherValues(group, stop, "stop");
      if (wishes.includes(true)) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 1500)); // as long as a checkpoint takes
    if (group.rank === 0) console.log("checkpoint");
    over();
    Deno.exit(0);
  }
  await steps(3);
  over();
}
