/**
 * The ways in which ranks of `failing_program.ts` fail, and what must come of each: an exit code that is not 0, and one
 * message with rank and host.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { CollectiveRecord } from "../../../src/base/collective_log.ts";
import { inFolder } from "../../support/folder.ts";
import { type Mpi, runRanks } from "../../support/mpi.ts";

/** A failure and its message. */
export interface Failure {
  /** The program's argument. */
  how: string;
  /** The rank that shows the message. */
  rank: number;
  /** The message behind rank and host. */
  message: RegExp;
}

/** The failures that the quick tests try. */
export const failures: readonly Failure[] = [
  { how: "exit 0", rank: 1, message: /the process ended while a run was on \(Deno\.exit\?\)/ },
  { how: "throw", rank: 1, message: /error: TypeError: no such file\n +at file:.*failing_program\.ts/ },
  {
    how: "other size",
    rank: 0,
    message:
      /rank 0 is in allGather "losses" of 6 bytes at step 3, rank 1 in allGather "losses" of 5 bytes at step 3/,
  },
  {
    how: "hang",
    rank: 0,
    message: /waited 3 s for other ranks in allGather "losses" at step 4; nothing was heard of rank 1, host /,
  },
];

/** The failures that only the slow tests try. */
export const moreFailures: readonly Failure[] = [
  { how: "throw later", rank: 1, message: /error: TypeError: no such file/ },
  { how: "throw on all", rank: 0, message: /error: TypeError: no such option/ },
  { how: "fail", rank: 1, message: /error: TypeError: the disk is full/ },
  {
    how: "other kind",
    rank: 0,
    message: /rank 0 is in allGather "losses" of 2 bytes at step 4, rank 1 in barrier "end" at step 3/,
  },
  {
    how: "other label",
    rank: 0,
    message: /rank 0 is in allGather "losses" of 2 bytes.*rank 1 in allGather "norms" of 2 bytes/,
  },
  { how: "busy", rank: 0, message: /waited 3 s for other ranks in allGather "losses" at step 4/ },
  {
    how: "early before a run",
    rank: 0,
    message: /Rank 1 has left \(its script ended, or called Deno\.exit\).*in allGather "losses"/,
  },
];

/** Lets the ranks of the program fail and checks exit code, message and the newest collectives that are left. */
export async function checkFailure(mpi: Mpi, { how, rank, message }: Failure): Promise<void> {
  await inFolder(async (folder) => {
    const { code, stderr } = await runRanks(mpi, 2, "tests/parallel/mpi/failing_program.ts", [how, folder]);
    assert.notEqual(code, 0, stderr);
    assert.match(stderr, message);
    const heads = stderr.match(/^\[rank \d, host .+\] (?!its newest)/gm) ?? [];
    assert.equal(heads.length, 1, `not one message:\n${stderr}`);
    assert.match(heads[0], new RegExp(`^\\[rank ${rank}, host`));
    if (how === "early before a run") return;
    const kept: CollectiveRecord[] = JSON.parse(
      await Deno.readTextFile(join(folder, `collectives-${rank}.json`)),
    );
    assert.deepEqual(kept.filter(({ label }) => label === "losses").slice(0, 3).map(({ bytes }) => bytes), [
      2,
      2,
      2,
    ]);
  });
}
