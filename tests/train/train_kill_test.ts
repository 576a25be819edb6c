import assert from "node:assert/strict";
import { assertSameWeights, tinyModel } from "./support.ts";
import { inFolder } from "../support/folder.ts";
import { longRun } from "./killed.ts";

/** Starts the process, sends it a signal once its output matches `sign`, and returns output and status. */
async function signalAt(
  folder: string,
  sign: RegExp,
  name: Deno.Signal,
  lora = false,
): Promise<[string, Deno.CommandStatus]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("killed.ts", import.meta.url).pathname, folder, ...lora ? ["lora"] : []],
    env: { XDG_RUNTIME_DIR: "/tmp" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let output = "";
  let sent = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    if (sent || !sign.test(output)) continue;
    child.kill(name);
    sent = true;
  }
  const status = await child.status;
  assert.ok(sent, `it never printed ${sign}: ${await errors}${output.slice(-500)}`);
  await errors;
  return [output, status];
}

async function killAt(folder: string, sign: RegExp, lora = false): Promise<void> {
  const [output, { signal }] = await signalAt(folder, sign, "SIGKILL", lora);
  assert.equal(signal, "SIGKILL", `it ended before it could be killed: ${output.slice(-500)}`);
}

for (const lora of [false, true]) {
  Deno.test(`a killed process resumes from its last whole checkpoint, bit for bit${lora ? " (LoRA)" : ""}`, async () => {
    using whole = await tinyModel();
    await longRun(whole, undefined, lora).run({ display: false });
    await inFolder(async (folder) => {
      await killAt(folder, /"type":"step","step":11,/, lora);
      const steps = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
        /^step-/.test(name)
      );
      assert.ok(steps.length > 0 && !steps.includes("step-000025"), steps.join(" "));
      using model = await tinyModel();
      const { exact, history } = await longRun(model, folder, lora).resume(folder, { display: false });
      assert.equal(exact, true);
      assert.equal(history.length, 25);
      await assertSameWeights(model, whole);
    });
  });
}

Deno.test("a process killed while it writes a checkpoint leaves the one before it", async () => {
  using whole = await tinyModel();
  await longRun(whole).run({ display: false });
  await inFolder(async (folder) => {
    // After step 16 the process writes for most of a second.
    await killAt(folder, /"type":"step","step":16,/);
    const steps = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    using model = await tinyModel();
    const run = longRun(model, folder).resume(folder, { display: false });
    const { history } = await run;
    assert.equal(history.length, 25, steps.join(" "));
    await assertSameWeights(model, whole);
    assert.ok([...Deno.readDirSync(folder)].every(({ name }) => !name.startsWith(".")), "drafts are cleared");
  });
});

Deno.test("Ctrl-C finishes the step, saves and exits with 0; a listener gets every event", async () => {
  using whole = await tinyModel();
  await longRun(whole).run({ display: false });
  await inFolder(async (folder) => {
    const [output, { code }] = await signalAt(folder, /"type":"step","step":5,/, "SIGINT");
    const events: { type: string; step: number; status?: string }[] = output.trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.equal(code, 0);
    const last = events.at(-1)!;
    assert.equal(last.type, "done");
    assert.equal(last.status, "stopped");
    assert.ok(last.step >= 5 && last.step < 25, `stopped after ${last.step} steps`);
    assert.deepEqual(
      events.filter(({ type }) => type === "step").map(({ step }) => step),
      Array.from({ length: last.step }, (_, i) => i + 1),
    );
    using model = await tinyModel();
    const { history } = await longRun(model, folder).resume(folder, { display: false });
    assert.equal(history.length, 25);
    await assertSameWeights(model, whole);
  });
});
