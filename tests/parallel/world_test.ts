// The world as a script sees it: alone, under a launcher, in loopback, and without permissions.
import assert from "node:assert/strict";
import { loopback } from "../../src/parallel/loopback.ts";
import { world } from "../../src/parallel/mod.ts";

const script = `
import { world } from ${JSON.stringify(new URL("../../src/parallel/mod.ts", import.meta.url).href)};
const { rank, size, first, host, launcher } = world;
console.log(JSON.stringify([rank, size, first, typeof host, launcher ?? null]));
`;

async function seen(env: Record<string, string>, permissions: readonly string[]): Promise<unknown> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", ...permissions, "-"],
    env,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(script));
  await input.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("the world is this process alone without a launcher, and needs no permission", async () => {
  assert.deepEqual([world.rank, world.size, world.first, world.launcher], [0, 1, true, undefined]);
  assert.deepEqual(await seen({}, []), [0, 1, true, "string", null]);
});

Deno.test("the world is what the launcher says, and no library is opened for it", async () => {
  const open = { OMPI_COMM_WORLD_RANK: "3", OMPI_COMM_WORLD_SIZE: "8" };
  assert.deepEqual(await seen(open, ["--allow-env", "--deny-ffi"]), [3, 8, false, "string", "openmpi"]);
  const pmi = { PMI_RANK: "0", PMI_SIZE: "2" };
  assert.deepEqual(await seen(pmi, ["--allow-env", "--deny-ffi"]), [0, 2, true, "string", "mpich"]);
});

Deno.test("ranks inside one process see their own world", async () => {
  const worlds = await loopback(3, async (group) => {
    await group.barrier("here");
    return [world.rank, world.size, world.first, world.launcher];
  });
  assert.deepEqual(worlds, [[0, 3, true, "loopback"], [1, 3, false, "loopback"], [2, 3, false, "loopback"]]);
  assert.equal(world.size, 1);
});
