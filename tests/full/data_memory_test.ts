// Flat memory: 2 GB of JSON Lines, 20 million distinct lines, through dedup -> language -> clean -> write.
import assert from "node:assert/strict";
import { runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";

// Without workers the process has one V8 heap and the table of hashes; each worker adds a heap and a classifier.
for (const workers of [0, 2]) {
  Deno.test(`20 million lines take less than 600 MB, ${workers} workers`, async () => {
    await inFolder(async (folder) => {
      const { code, stdout, stderr } = await runDeno(
        ["run", "-A", "tests/full/data_memory_child.ts", folder, "20000000", `${workers}`],
      );
      assert.equal(code, 0, stderr);
      const { size, records, megabytes, seconds } = JSON.parse(stdout);
      console.log(
        `${size / 1e6} MB, ${records} lines: at most ${megabytes} MB resident, ${seconds.toFixed(0)} s`,
      );
      assert.equal(records, 20_000_000);
      assert.ok(size > 1.9e9 && megabytes < 600, `${megabytes} MB`);
    });
  });
}
