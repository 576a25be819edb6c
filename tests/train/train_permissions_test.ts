// A training script needs to read its data, to write its run and to see two variables of the environment, and nothing
// else: no network, no other program, no foreign function, nothing of the system, nothing of a launcher.
import assert from "node:assert/strict";
import { inFolder } from "../support/folder.ts";

/** The folder of caches, and the one that the library of file patterns reads. */
const variables = "LLAMERO_HOME,__MINIMATCH_TESTING_PLATFORM__";

const root = new URL("../../", import.meta.url).pathname;

async function train(
  data: string,
  runs: string,
  permissions: string[],
): Promise<{ out: string; errors: string }> {
  const child = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-check", `--config=${root}deno.json`],
      ...[...permissions, `--allow-env=${variables}`, "--deny-net", "--deny-run", "--deny-ffi", "--deny-sys"],
      `${root}tests/train/permissions_child.ts`,
      ...[data, runs],
    ],
    cwd: data,
    env: { LLAMERO_HOME: `${runs}/cache` },
  }).output();
  const decoder = new TextDecoder();
  return { out: decoder.decode(child.stdout), errors: decoder.decode(child.stderr) };
}

Deno.test("a training script runs with its data to read, its run to write and the folder of caches, without net, run, ffi or sys", () =>
  inFolder(async (folder) => {
    const [data, runs] = [`${folder}/data`, `${folder}/runs`];
    await Deno.mkdir(data);
    await Deno.mkdir(runs);
    for (let i = 0; i < 3; i++) {
      await Deno.writeTextFile(`${data}/${i}.txt`, `Llama ${i} eats grass and hums. `.repeat(40));
    }
    const chats = Array.from({ length: 9 }, (_, i) => ({ prompt: `What is ${i}?`, completion: "A number." }));
    await Deno.writeTextFile(`${data}/chat.jsonl`, chats.map((chat) => JSON.stringify(chat)).join("\n"));
    const { out, errors } = await train(data, runs, [
      `--allow-read=${data},${runs}`,
      `--allow-write=${runs}`,
    ]);
    assert.ok(out, errors);
    assert.deepEqual(JSON.parse(out), { status: "done", steps: 3, text: "string" });
    const refused = await train(data, `${runs}/other`, [
      `--allow-read=${data},${runs}`,
      `--allow-write=${data}`,
    ]);
    assert.match(refused.errors, /NotCapable: Requires write access/);
  }));
