// Damaged checkpoints, 330 of them; tests/full/interop_fuzz_test.ts reads 10,000.
import assert from "node:assert/strict";
import { inFolder } from "../support/folder.ts";
import { fuzz, plant } from "./fuzz.ts";

Deno.test("damaged checkpoints of every format are read or refused with an error of the SDK", () =>
  inFolder(async (folder) => {
    const targets = await plant(folder);
    const outcomes = await fuzz(folder, targets, 330, 7);
    if (Deno.env.get("VERBOSE")) console.table(outcomes);
    for (const [kind, { refused }] of Object.entries(outcomes)) {
      assert.ok(refused > 0, `no ${kind} was refused`);
    }
  }));
