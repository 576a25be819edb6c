import assert from "node:assert/strict";
import { Displayable, join, type Picture } from "../../src/display/mod.ts";
import { colour, hasColour, painted, terminalColumns, unpainted } from "../../src/display/terminal.ts";

Deno.test("paint starts and ends a look, and leaves nothing for no text", () => {
  assert.equal(painted("yes", "green"), "\x1b[32myes\x1b[39m");
  assert.equal(painted("", "bold"), "");
  assert.equal(unpainted("yes", "green"), "yes");
});

class Shown extends Displayable {
  override picture(): Picture {
    return { text: "plain \x1b[2J", terminal: (paint) => paint("coloured", "blue") };
  }
}

Deno.test("console.log has colours where its stream has them, and plain printable text elsewhere", () => {
  assert.equal(Deno.inspect(new Shown(), { colors: true }), "\x1b[34mcoloured\x1b[39m");
  assert.equal(Deno.inspect(new Shown(), { colors: false }), "plain ␛[2J");
  assert.equal(join({ text: "\x07" }, new Shown().picture()).terminal!(unpainted), "␇\n\ncoloured");
});

/** Runs a script with a terminal (util-linux `script`) and returns what it wrote. */
async function inTerminal(code: string, env: Record<string, string>): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    const { stdout } = await new Deno.Command("script", {
      args: ["-qec", `stty cols 60; "${Deno.execPath()}" run --no-check -A "${file}"`, "/dev/null"],
      cwd: new URL("../../", import.meta.url).pathname,
      env,
      stdin: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim();
  } finally {
    await Deno.remove(file);
  }
}

const hasScript = await new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" })
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: "a terminal has its width and colours, NO_COLOR takes these (needs util-linux script)",
  ignore: !hasScript,
  async fn() {
    const source = new URL("../../src/display/terminal.ts", import.meta.url).href;
    const code = `import { colour, terminalColumns } from "${source}";
      console.log(colour("x", "red") + terminalColumns());`;
    assert.equal(await inTerminal(code, { NO_COLOR: "" }), "\x1b[31mx\x1b[39m60");
    assert.equal(await inTerminal(code, { NO_COLOR: "1" }), "x60");
  },
});

Deno.test("a stream that is not a terminal has no colours", { ignore: Deno.stdout.isTerminal() }, () => {
  assert.equal(hasColour("stdout"), false);
  assert.equal(colour("x", "red"), "x");
  assert.ok(terminalColumns() > 0);
});
