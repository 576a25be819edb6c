// 10,000 damaged safetensors, GGUF, .pth, tokenizer.json, config.json and other files. Each is read or refused with one of
// the SDK's errors, in bounded time and memory, by a process that may access only their folder.
import assert from "node:assert/strict";
import type { FuzzOutcome } from "../model/fuzz.ts";
import { inFolder } from "../support/folder.ts";

Deno.test("10,000 damaged checkpoints", () =>
  inFolder(async (temporary) => {
    const folder = await Deno.realPath(temporary);
    const script = new URL("interop_fuzz.ts", import.meta.url).pathname;
    const allowed = ["read", "write"].map((name) => `--allow-${name}=${folder}`);
    const args = ["run", "--no-prompt", ...allowed, script, folder, "10000", "11"];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const { outcomes, before, peak }: {
      outcomes: Record<string, FuzzOutcome>;
      before: number;
      peak: number;
    } = JSON.parse(
      new TextDecoder().decode(stdout).trim().split("\n").at(-1)!,
    );
    console.table(outcomes);
    console.log(`memory ${Math.round(before / 1e6)} MB, at most ${Math.round(peak / 1e6)} MB`);
    const sum = (of: (outcome: FuzzOutcome) => number) =>
      Object.values(outcomes).reduce((all, outcome) => all + of(outcome), 0);
    assert.equal(sum(({ files }) => files), 10_000);
    assert.ok(sum(({ refused }) => refused) > 4000);
    assert.ok(Math.max(...Object.values(outcomes).map(({ slowest }) => slowest)) < 5000);
    assert.ok(peak - before < 400e6, "memory grew");
  }));
