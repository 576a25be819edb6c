// The npm package in Node: it imports, texts work, and the first verb that needs a GPU names Deno.
import assert from "node:assert/strict";
import { join } from "node:path";
import { npmPackage, tarball } from "../../.ci/pack.ts";
import { inFolder } from "../support/folder.ts";

const script = `
import { Dataset, Model, Tokenizer } from "@llamero/sdk";
const lines = Array.from({ length: 300 }, (_, i) => "a llama hums " + i);
const documents = Dataset.from(lines.map((text, i) => ({ text, id: String(i), source: "lines" })));
const tokenizer = await Tokenizer.train(documents, { vocabSize: 280 });
console.log("ids", tokenizer.encode("a llama").length > 0);
try {
  await Model.create({ dim: 32, layers: 1, heads: 2 }, { tokenizer, context: 32 });
} catch (error) {
  console.log(error.name, error.message);
}
`;

async function run(
  folder: string,
  command: string,
  ...args: string[]
): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, cwd: folder }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("Node 24 imports the npm package and says what to use for the GPU", async () => {
  await inFolder(async (folder) => {
    await Deno.writeFile(join(folder, "sdk.tgz"), await tarball(await npmPackage()));
    await Deno.writeTextFile(join(folder, "package.json"), `{ "type": "module", "private": true }`);
    await Deno.writeTextFile(join(folder, "script.js"), script);
    const installed = await run(folder, "npm", "install", "--silent", "./sdk.tgz");
    assert.equal(installed.code, 0, installed.text);
    const { code, text } = await run(folder, "npx", "-y", "node@24", "script.js");
    assert.equal(code, 0, text);
    assert.match(text, /^ids true$/m);
    assert.match(text, /^DeviceError Cannot open a GPU: this runtime has no WebGPU\. .*`deno run -A`$/m);
  });
});
