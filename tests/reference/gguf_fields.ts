/**
 * Records what llama.cpp computes for changed metadata of a GGUF file, for tests/model/files/gguf/gguf_fields_test.ts.
 *
 *     LLAMERO_LLAMA_CPP=FOLDER deno run -A gguf_fields.ts > ../golden/gguf/fields.json
 *
 * @module
 */
import { changes, idle, ids, kept, llama3Divisors, texts, writeChanged } from "./gguf_field_changes.ts";

const home = Deno.env.get("LLAMERO_LLAMA_CPP");
if (!home) throw new Error("LLAMERO_LLAMA_CPP must name the folder of node-llama-cpp");
const folder = await Deno.makeTempDir();
const script = new URL("llama_cpp.mjs", import.meta.url).pathname;

async function recorded(name: string, write: (path: string) => Promise<void>): Promise<unknown> {
  const [file, out] = [`${folder}/x.gguf`, `${folder}/x.json`];
  await write(file);
  await Deno.remove(out).catch(() => {});
  const command = new Deno.Command("node", {
    args: [script, home!, file, out],
    stdin: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  const asked = { ids, texts, greedy: 0, context: 64, vocabSize: 300, known: 300 };
  await writer.write(new TextEncoder().encode(JSON.stringify(asked)));
  await writer.close();
  const { code, stderr } = await child.output();
  const answer = await Deno.readTextFile(out).then(JSON.parse, () => null);
  if (code !== 0 || answer === null) {
    const lines = new TextDecoder().decode(stderr).split("\n");
    const why = lines.find((line) => /error|assert|unsupported/i.test(line)) ?? "";
    console.error(name, "refused:", why.slice(0, 160));
    return { refused: true };
  }
  const { logProbs, marked: _, ...vocabulary } = answer;
  const last = logProbs.slice(-300);
  return { logProbs: kept.map((id) => Number(last[id].toPrecision(8))), ...vocabulary };
}

const result: Record<string, unknown> = {};
const only = Deno.args[0];
for (const [name, change] of Object.entries(changes)) {
  if (only && !name.startsWith(only) && name !== "nothing") continue;
  result[name] = await recorded(name, (path) => writeChanged(path, change));
}
result["rope_freqs"] = await recorded("rope_freqs", (path) => writeChanged(path, {}, llama3Divisors));
const all = only ? [] : Object.entries(idle);
// A field without effect is recorded as such: half of the fields at a time, and one by one where that fails.
const same = async (part: typeof all): Promise<string[]> => {
  if (part.length === 0) return [];
  const found = await recorded(part.length === 1 ? part[0][0] : "several", (path) => {
    return writeChanged(path, Object.fromEntries(part));
  });
  if (JSON.stringify(found) === JSON.stringify(result["nothing"])) return part.map(([name]) => name);
  if (part.length === 1) return [];
  const half = part.length >> 1;
  return [...await same(part.slice(0, half)), ...await same(part.slice(half))];
};
result["without effect"] = await same(all);
console.log(JSON.stringify(result));
await Deno.remove(folder, { recursive: true });
