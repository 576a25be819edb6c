// The recorder of terminals: a screen made from a program's output, and keys that reach the program.
import assert from "node:assert/strict";
import { runInTerminal, textOf } from "./record.ts";
import { moments, Screen } from "./screen.ts";

/** Returns true where a program answers to `--version`. */
function hasProgram(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

const hasScript = hasProgram("script");

Deno.test("a screen keeps lines, rewritten lines and their moments, and leaves colours out", () => {
  const screen = new Screen();
  for (const step of [1, 2, 3]) screen.write(`\r\x1b[2Kstep ${step}`);
  screen.write("\r\x1b");
  screen.write("[2K\x1b[1mdone\x1b[22m\r\nnext\b\bw\r\n");
  assert.deepEqual(screen.lines.map(({ text, earlier }) => [text, earlier]), [
    ["done", ["step 1", "step 2", "step 3"]],
    ["newt", []],
    ["", []],
  ]);
  assert.equal(textOf(screen), "~ step 1\n~ step 2\n~ step 3\ndone\nnewt");
});

Deno.test("a display of several lines is replaced from its first line", () => {
  const screen = new Screen();
  screen.write("one\r\ntwo\r\nthree");
  screen.write("\x1b[1A\r\x1b[J2\r\n3\r\n");
  assert.equal(screen.text, "one\n2\n3\n");
});

Deno.test("moments are spread evenly and never the same twice in a row", () => {
  assert.deepEqual(moments(["a", "a", "b"], 4), ["a", "b"]);
  assert.deepEqual(moments(["a", "b", "c", "d", "e", "f"], 2), ["b", "e"]);
});

Deno.test({
  name: "keys reach a program in a pseudo-terminal, Ctrl-C too (needs the program script of util-linux)",
  ignore: !hasScript,
  fn: async () => {
    const asks = await runInTerminal('stty -echo; printf "name> "; read name; echo "hello $name"', [
      { after: /name> $/, keys: "Ishmael\n" },
    ]);
    assert.match(asks.text, /name> ?\n?hello Ishmael/);
    const waits = await runInTerminal(
      "trap 'echo stopped; exit 0' INT; tput cols; echo ready; sleep 600 & wait",
      [
        { after: /ready/, keys: "\x03" },
      ],
    );
    assert.match(waits.text, /^100\nready\n.*stopped/);
  },
});
