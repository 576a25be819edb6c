// The stack that an error of the SDK shows: in a caught error, in an uncaught one of a script, and with all frames.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ConfigError, DataError, LlameroError } from "../../src/base/errors.ts";
import { parseOptions } from "../../src/base/schema.ts";
import { root, runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";
import { z } from "zod";

/** Returns the error that a check of options throws, five calls of the SDK and of zod deep. */
function refused(): ConfigError {
  try {
    parseOptions(z.strictObject({ steps: z.number() }), { stepz: 1 }, "Trainer.pretrain");
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error("it was not refused");
}

Deno.test("the stack has the message and the frames of the caller, none of the SDK", () => {
  const [first, ...frames] = refused().stack!.split("\n");
  assert.match(first, /^ConfigError: Cannot use Trainer\.pretrain\.stepz: .*did you mean "steps"\?$/);
  assert.match(frames[0], /^ {4}at refused \(file:.*user_frames_test\.ts:\d+:\d+\)$/);
  assert.deepEqual(frames.filter((frame) => /\/src\/|ext:|node_modules/.test(frame)), []);
  assert.equal(Error.stackTraceLimit > 0, true, "other errors keep their stacks");
});

Deno.test("LLAMERO_TRACE=1 gives all frames", () => {
  Deno.env.set("LLAMERO_TRACE", "1");
  try {
    const frames = refused().stack!.split("\n").slice(1);
    assert.match(frames[0], /src\/base\/schema\.ts/);
    assert.ok(frames.some((frame) => frame.includes("refused")));
  } finally {
    Deno.env.delete("LLAMERO_TRACE");
  }
});

Deno.test("a stack can be replaced, an error without a message has a name, and a cause keeps its kind", () => {
  const error = new DataError("no such whale", { file: "a.txt", cause: new TypeError("mine") });
  error.stack = "gone";
  assert.equal(error.stack, "gone");
  assert.ok(error.cause instanceof TypeError);
  assert.equal((error.cause as Error).message, "mine");
  assert.match(new LlameroError().stack!, /^LlameroError\n {4}at /);
  assert.equal(Object.hasOwn(new LlameroError("a"), "cause"), false);
});

Deno.test("frames deeper than V8 records by itself reach the reader's code", () => {
  const schema = z.strictObject({ steps: z.number() });
  const deep = (n: number): void => n === 0 ? void parseOptions(schema, {}, "deep") : deep(n - 1);
  assert.throws(() => deep(30), (error: Error) => error.stack!.split("at deep ").length === 32);
});

Deno.test("an uncaught error of a script is its message and the script's own frames", () =>
  inFolder(async (folder) => {
    const file = join(folder, "train.ts");
    const [errors, schema] = ["errors", "schema"].map((name) => join(root, `src/base/${name}.ts`));
    await Deno.writeTextFile(
      file,
      `import { DataError } from "${errors}";
import { checkPath } from "${schema}";
function mine(path: string) {
  checkPath(path, "Model.load");
}
function readWhales() {
  throw new TypeError("no such whale");
}
if (Deno.args[0] === "deep") {
  try {
    readWhales();
  } catch (cause) {
    throw new DataError("Cannot map a record", { cause });
  }
}
mine("");
`,
    );
    const run = async (env: Record<string, string>, ...args: string[]) => {
      const { code, stderr } = await runDeno(
        ["run", "--no-prompt", "--no-check", "--allow-read", ...args.slice(1), file, ...args.slice(0, 1)],
        { env },
      );
      assert.equal(code, 1);
      return stderr.trim().replaceAll(/file:\S*\//g, "").split("\n");
    };
    const message =
      'error: Uncaught (in promise) ConfigError: Cannot use Model.load: it needs a path, current value is ""';
    const own = ["    at mine (train.ts:4:3)", "    at train.ts:16:1"];
    // Without the permission to read the variable nothing asks for it.
    assert.deepEqual(await run({ LLAMERO_TRACE: "1" }), [message, ...own]);
    assert.deepEqual(await run({}, "", "--allow-env"), [message, ...own]);
    const traced = await run({ LLAMERO_TRACE: "1" }, "", "--allow-env");
    assert.ok(traced.some((line) => /at checkPath \(schema\.ts/.test(line)));
    assert.deepEqual(traced.slice(-2), own);
    assert.deepEqual(await run({}, "deep"), [
      "error: Uncaught (in promise) DataError: Cannot map a record",
      "    at train.ts:13:11",
      "Caused by: TypeError: no such whale",
      "    at readWhales (train.ts:7:9)",
      "    at train.ts:11:5",
    ]);
  }));
