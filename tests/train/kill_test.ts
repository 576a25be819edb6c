import assert from "node:assert/strict";
import { assertSameWeights, inFolder, tinyModel } from "./support.ts";
import { longRun } from "./killed.ts";

/** Starts the process and kills it as soon as it has said what `sign` matches. */
async function killAt(folder: string, sign: RegExp): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("killed.ts", import.meta.url).pathname, folder],
    env: { XDG_RUNTIME_DIR: "/tmp" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let said = "", killed = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (killed || !sign.test(said)) continue;
    child.kill("SIGKILL");
    killed = true;
  }
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL", `the process was not killed: ${await errors}${said.slice(-500)}`);
  await errors;
}

Deno.test("a process that is killed goes on from its last whole checkpoint, bit for bit", async () => {
  using whole = await tinyModel();
  await longRun(whole).run({ display: false });
  await inFolder(async (folder) => {
    await killAt(folder, /"type":"step","step":9,/);
    const steps = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => /^step-/.test(name));
    assert.ok(steps.length > 0 && !steps.includes("step-000025"), steps.join(" "));
    using model = await tinyModel();
    const { exact, history } = await longRun(model, folder).resume(folder, { display: false });
    assert.deepEqual([exact, history.length], [true, 25]);
    await assertSameWeights(model, whole);
  });
});

Deno.test("a process that is killed while it writes a checkpoint leaves the one before it", async () => {
  using whole = await tinyModel();
  await longRun(whole).run({ display: false });
  await inFolder(async (folder) => {
    // After step 8 it writes for most of a second.
    await killAt(folder, /"type":"step","step":8,/);
    const steps = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    using model = await tinyModel();
    const run = longRun(model, folder).resume(folder, { display: false }), { history } = await run;
    assert.equal(history.length, 25, steps.join(" "));
    await assertSameWeights(model, whole);
    assert.ok([...Deno.readDirSync(folder)].every(({ name }) => !name.startsWith(".")), "drafts are cleared");
  });
});
