import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Dataset } from "../../src/data/dataset.ts";
import { inFolder } from "../support/folder.ts";
import { documents, tokenizeAll, writeAll } from "./killed.ts";

/** Starts the work in a process of its own and kills it (SIGKILL) when it says that it has come far enough. */
async function killAt(what: string, folder: string, workers: number): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fileURLToPath(new URL("./killed.ts", import.meta.url)), what, folder, `${workers}`],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let said = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (said.includes("far enough")) break;
  }
  child.kill("SIGKILL");
  assert.equal((await child.status).signal, "SIGKILL", said);
}

/** Returns names and bytes of all files in a folder and below, without hidden ones. */
async function filesIn(folder: string, hidden = false): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith(".") && !hidden) continue;
    const path = `${folder}/${name}`;
    if (isDirectory) { for (const [inner, text] of await filesIn(path)) found.set(`${name}/${inner}`, text); }
    else found.set(name, new TextDecoder("latin1").decode(await Deno.readFile(path)));
  }
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

for (const workers of [0, 2]) {
  Deno.test(`a killed write goes on behind its complete shards, the same to the byte, ${workers} workers`, () =>
    inFolder(async (folder) => {
      const [whole, killed] = [`${folder}/whole`, `${folder}/killed`];
      await writeAll(whole);
      await Deno.mkdir(killed);
      await killAt("write", killed, workers);
      const left = [...Deno.readDirSync(killed)].filter(({ name }) => /^part-\d+\.jsonl\.gz$/.test(name));
      const times = left.map(({ name }) => [name, Deno.statSync(`${killed}/${name}`).mtime?.getTime()]);
      assert.ok(left.length > 5, `${left.length} shards`);
      await writeAll(killed, undefined, workers);
      for (const [name, time] of times) {
        assert.equal(Deno.statSync(`${killed}/${name}`).mtime?.getTime(), time, `${name}`);
      }
      const files = await filesIn(killed);
      for (const name of files.keys()) if (/^rejects.*tmp$/.test(name)) files.delete(name);
      assert.deepEqual([...files], [...await filesIn(whole)]);
      assert.ok(files.size > left.length + 1);
      const back = await Dataset.jsonl(`${killed}/part-*.jsonl.gz`, {
        text: "text",
        id: "id",
        source: "source",
      }).toArray();
      assert.deepEqual(
        back.map(({ text, id, source }) => ({ text, id, source })),
        (await documents().toArray()).filter(({ id }) => !id.endsWith("7")),
      );
    }));

  Deno.test(`a killed tokenization goes on at its last note, the same to the byte, ${workers} workers`, () =>
    inFolder(async (folder) => {
      const [whole, killed] = [`${folder}/whole`, `${folder}/killed`];
      assert.equal(await tokenizeAll(whole), 6000);
      await killAt("tokenize", killed, workers);
      const again = await tokenizeAll(killed, undefined, workers);
      assert.ok(again < 4500, `${again} documents were tokenized again`);
      assert.deepEqual([...await filesIn(killed)], [...await filesIn(whole)]);
      assert.deepEqual([...await filesIn(killed, true)].length, 3);
    }));
}

Deno.test("shards of another dataset are written over, and those behind its end go", () =>
  inFolder(async (folder) => {
    const path = `${folder}/part-*.jsonl`;
    const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    await documents().take(20).write(path, { shardBytes: 4000 });
    const before = names();
    assert.deepEqual(
      before,
      [
        ".part-.jsonl.shards.json",
        "part-00000.jsonl",
        "part-00001.jsonl",
        "part-00002.jsonl",
        "part-00003.jsonl",
      ].slice(0, before.length),
    );
    await documents().skip(20).take(5).write(path, { shardBytes: 4000 });
    assert.deepEqual(names(), [".part-.jsonl.shards.json", "part-00000.jsonl"]);
    const back = await Dataset.jsonl(path, { text: "text" }).toArray();
    assert.deepEqual(
      back.map(({ text }) => text),
      (await documents().skip(20).take(5).toArray()).map(({ text }) => text),
    );
    await documents().take(20).write(`${folder}/part-*.jsonl`, { shardBytes: 4000 });
    await Deno.truncate(`${folder}/part-00001.jsonl`, 10);
    await documents().take(20).write(`${folder}/part-*.jsonl`, { shardBytes: 4000 });
    assert.equal((await Dataset.jsonl(path).toArray()).length, 20);
  }));
