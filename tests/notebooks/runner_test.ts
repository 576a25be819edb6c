import assert from "node:assert/strict";
import { checkNotebooks } from "./check.ts";
import { type Cell, type Output, readNotebook, silentCells, writeNotebook } from "./notebook.ts";
import { code, withNotebook } from "./made_up.ts";
import { type NotebookRun, type NotebookRunOptions, runNotebook } from "./run.ts";

function run(cells: Cell[], options?: NotebookRunOptions): Promise<NotebookRun> {
  return withNotebook(cells, (path) => runNotebook(path, options));
}

function check(...cells: Cell[]): Promise<string | undefined> {
  return withNotebook(cells, (path) => checkNotebooks([path]));
}

Deno.test("outputs of all kinds belong to their cells", async () => {
  const { notebook, error } = await run([
    { cell_type: "markdown", source: "# Title" },
    code("const a = 20;\na + 1"),
    code(
      `console.log("out"); console.error("err");\nawait Deno.jupyter.display({ "text/html": "<b>x</b>" }, { raw: true });`,
    ),
    code("   "),
    code(
      `import { Random } from "../../../src/base/random.ts";\nnew Random(a).u32() === new Random(20).u32()`,
    ),
    code(`import { z } from "zod";\nz.number().parse(7)`),
    code("const b = 1;", "no-output"),
  ]);
  assert.equal(error, undefined);
  const outputs = notebook.cells.map((cell) => cell.outputs);
  assert.equal(outputs[0], undefined);
  assert.deepEqual(outputs[1], [
    { output_type: "execute_result", data: { "text/plain": "21" }, metadata: {}, execution_count: 1 },
  ]);
  const sorted = outputs[2]!.map((output) => output.name ?? output.data!["text/html"]).sort();
  assert.deepEqual(sorted, ["<b>x</b>", "stderr", "stdout"]);
  assert.equal(outputs[4]![0].data!["text/plain"], "true", "relative imports start at the notebook's folder");
  assert.equal(outputs[5]![0].data!["text/plain"], "7", "names of deno.json are known");
  assert.deepEqual(notebook.cells.map((cell) => cell.execution_count), [undefined, 1, 2, null, 3, 4, 5]);
  assert.deepEqual(silentCells(notebook), []);
});

Deno.test("none of thousands of outputs is lost or put under a wrong cell", async () => {
  const talk = (name: string): Cell =>
    code(`for (let i = 0; i < 2000; i++) console.log("${name}", i);
for (let i = 0; i < 50; i++) Deno.jupyter.display({ "text/plain": "${name} " + i }, { raw: true });
"end of ${name}"`);
  const { notebook, error } = await run(["a", "b", "c"].map(talk));
  assert.equal(error, undefined);
  for (const [i, name] of ["a", "b", "c"].entries()) {
    const outputs = notebook.cells[i].outputs!;
    const text = outputs.map((output) => output.text ?? "").join("");
    assert.equal(text, Array.from({ length: 2000 }, (_, n) => `${name} ${n}\n`).join(""));
    const shown = outputs.filter((output) => output.output_type === "display_data");
    assert.deepEqual(
      shown.map((o) => o.data!["text/plain"]),
      Array.from({ length: 50 }, (_, n) => `${name} ${n}`),
    );
    assert.equal(outputs.filter((output) => output.output_type === "execute_result").length, 1);
  }
});

Deno.test("a display is updated in place, also from a later cell; clear_output clears", async () => {
  const send = (type: string, text: string): string =>
    `await Deno.jupyter.broadcast("${type}", { data: { "text/plain": "${text}" }, metadata: {}, transient: { display_id: "d" } });`;
  const { notebook, error } = await run([
    code(send("display_data", "0 %") + send("update_display_data", "50 %")),
    code(send("update_display_data", "100 %") + `console.log("done");`),
    code(
      send("display_data", "old") + send("clear_output", "") + send("display_data", "new"),
    ),
  ]);
  assert.equal(error, undefined);
  assert.deepEqual(notebook.cells[0].outputs!.map((output) => output.data!["text/plain"]), ["100 %"]);
  assert.equal(notebook.cells[1].outputs!.length, 1);
  assert.deepEqual(notebook.cells[2].outputs!.map((output) => output.data!["text/plain"]), ["new"]);
});

Deno.test("a cell that throws ends the run, and the error names it; a tag allows it", async () => {
  const cells = [code("1"), code(`throw new TypeError("broken on purpose");`), code("3")];
  const { notebook, error } = await run(cells);
  assert.match(error!, /^cell 2: TypeError: broken on purpose\nthrow new/);
  assert.equal(notebook.cells[1].outputs![0].ename, "TypeError");
  assert.deepEqual(notebook.cells[2].outputs, []);
  cells[1].metadata!.tags = ["raises-exception"];
  const allowed = await run(cells);
  assert.equal(allowed.error, undefined);
  assert.equal(allowed.notebook.cells[2].outputs!.length, 1);
});

Deno.test("code that does not parse is an error, although the kernel sends none", async () => {
  assert.match((await run([code("const a: = 3")])).error!, /^cell 1: .*is the syntax right\?/);
});

Deno.test("the death of a kernel is reported with the cell and the exit code or signal", async () => {
  assert.match((await run([code("1"), code("Deno.exit(7)")])).error!, /^cell 2: kernel died \(exit code 7\)/);
  const killed = await run([code(`Deno.kill(Deno.pid, "SIGKILL"); await new Promise(() => {});`)]);
  assert.match(killed.error!, /^cell 1: kernel died \(SIGKILL\)/);
});

Deno.test("a cell that does not end is stopped", async () => {
  const { error } = await run([code("await new Promise((r) => setTimeout(r, 60_000))")], { timeout: 300 });
  assert.equal(error, "cell 1: timed out after 0.3 s");
});

Deno.test("Stop reaches the kernel: a listener ends the loop, and the state is kept", async () => {
  const seen: [number, Output?][] = [];
  const { notebook, error } = await run([
    code(
      `let stopped = false, rounds = 0;\nDeno.addSignalListener("SIGINT", () => stopped = true);`,
      "no-output",
    ),
    code(
      `console.log("working");\nwhile (!stopped) { rounds++; await new Promise((r) => setTimeout(r, 5)); }`,
    ),
    code("stopped && rounds > 0"),
  ], {
    timeout: 20_000,
    watch(kernel, cell, output) {
      seen.push([cell, output]);
      if (cell === 2 && output) kernel.interrupt();
    },
  });
  assert.equal(error, undefined);
  assert.equal(notebook.cells[2].outputs![0].data!["text/plain"], "true");
  assert.deepEqual(seen.map(([cell, output]) => [cell, output?.output_type]), [
    [1, undefined],
    [2, undefined],
    [2, "stream"],
    [3, undefined],
    [3, "execute_result"],
  ]);
});

Deno.test("Stop without a listener kills the kernel, and its death is reported", async () => {
  const watch: NotebookRunOptions["watch"] = (kernel, _, output) => output && kernel.interrupt();
  const { error } = await run([code(`console.log("x"); await new Promise(() => {});`)], {
    watch,
    timeout: 20_000,
  });
  assert.match(error!, /^cell 1: kernel died/);
});

Deno.test("a notebook is written back as it was read, with its outputs", async () => {
  const cells = [code(`console.log("a\\nb");\n"c"`), {
    cell_type: "markdown" as const,
    source: "x\ny\n",
    id: "m",
  }];
  await withNotebook(cells, async (path) => {
    const { notebook } = await runNotebook(path);
    await writeNotebook(path, notebook);
    const back = await readNotebook(path);
    assert.deepEqual(back.cells[0].outputs![0].text, ["a\n", "b\n"]);
    assert.deepEqual(back.cells[1], { cell_type: "markdown", source: ["x\n", "y\n"], id: "m" });
    assert.deepEqual(Object.keys(back), ["cells", "metadata", "nbformat", "nbformat_minor"]);
  });
});

Deno.test("cells without output are listed unless they are tagged", async () => {
  const { notebook } = await run([code("const a = 1;"), code("const b = 1;", "no-output"), code("a + b")]);
  assert.deepEqual(silentCells(notebook), [1]);
});

Deno.test("a type error is reported with its cell and line; correct cells pass, also with unused names", async () => {
  assert.equal(
    await check(
      code("const a: number = 1;\nconst unused = a;"),
      code(`import { z } from "zod";\nz.number();`),
    ),
    undefined,
  );
  const found = await check(
    { cell_type: "markdown", source: "x" },
    code("const a = 1;"),
    code("\nconst b: string = a;"),
  );
  assert.match(found!, /TS2322/);
  assert.match(found!, /made_up\.ipynb cell 3, line 2/);
  assert.match((await check(code("const a: = 1;")))!, /cell 1, line 1|made_up/);
  assert.equal(await checkNotebooks([]), undefined);
});
