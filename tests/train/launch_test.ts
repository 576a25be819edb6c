// The launch program: what it says, and signals at it that leave the ranks time for a checkpoint.
import assert from "node:assert/strict";
import { join } from "node:path";
import { root } from "../repo/tree.ts";
import { mpich, openMpi } from "../support/mpi.ts";

const program = join(root, "src/train/launch.ts");
const ranks = join(root, "tests/parallel/mpi/failing_program.ts");

function launch(args: readonly string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", program, ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Starts ranks, sends signals to the launch program as soon as the ranks are ready, and returns its end. */
async function stopWith(
  launcher: string,
  how: string,
  signals: readonly Deno.Signal[],
): Promise<{ code: number; text: string }> {
  const child = launch(["-n", "2", `--launcher=${launcher}`, "--no-check", ranks, how]).spawn();
  const errors = new Response(child.stderr).text();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (text === "") {
      for (const signal of signals) {
        child.kill(signal);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
    text += chunk;
  }
  const { code } = await child.status;
  return { code, text: text + await errors };
}

Deno.test("launch prints its usage, and says what is missing", async () => {
  const decoder = new TextDecoder();
  const help = await launch(["--help"]).output();
  assert.equal(help.code, 0);
  assert.match(decoder.decode(help.stdout), /deno run -A jsr:@llamero\/sdk\/launch -n RANKS/);
  for (
    const [args, missing] of [[["train.ts"], /missing -n/], [["-n", "2"], /missing the script/]] as const
  ) {
    const { code, stderr } = await launch(args).output();
    assert.equal(code, 2);
    assert.match(decoder.decode(stderr), missing);
  }
});

for (const { name, command, ignore, reason } of [openMpi, mpich]) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.test(
      `${name}: ${signal} at launch leaves time for a checkpoint, exit code 0${reason}`,
      { ignore },
      async () => {
        const { code, text } = await stopWith(command[0], "signal", [signal]);
        assert.equal(code, 0, text);
        assert.match(text, /^ready\n(\[mpiexec@.*\n)*checkpoint\n/);
        assert.match(text, /Stopping: the run finishes its step and saves/);
      },
    );
  }
  Deno.test(`${name}: the second signal at launch ends the ranks at once${reason}`, { ignore }, async () => {
    const { code, text } = await stopWith(command[0], "signal", ["SIGINT", "SIGINT"]);
    assert.notEqual(code, 0, text);
    assert.doesNotMatch(text, /checkpoint/);
  });
}
