/**
 * Prefill and decoding of a model of real size, in tokens per second, beside llama.cpp on the same file and the same cores
 * where peers are asked. Each runs in its own process, in turns.
 *
 * @module
 */
import { type Command, finish, here } from "./child.ts";
import type { Figure, Section } from "./figure.ts";
import { largeShape, weightsOf, writeLargeModel } from "./large_model.ts";
import { median, ratios, short, showRatio, spread } from "./statistics.ts";

/** Options of the section. */
export interface LargeOptions {
  /** Changes of the shape, see {@linkcode largeShape}. */
  shape?: string;
  /** Measures llama.cpp too. */
  peers: boolean;
  /** Rounds, of which at most three are taken, and one without peers: each loads the model anew. */
  rounds: number;
}

/** Milliseconds of one process. */
interface Times {
  /** Loading. */
  loadMs: number;
  /** Each prefill. */
  prefillMs: number[];
  /** Each token. */
  decodeMs: number[];
  /** Most resident memory in MB, where the process reports it. */
  memory?: number;
}

/** Tokens of the prompt, and tokens decoded after it. */
const prompt = 128;
const tokens = 17;

/** The package of llama.cpp. */
const packages = ["node-llama-cpp@3.22.1", "@node-llama-cpp/linux-x64@3.22.1"];

/** The types of weights that are measured: that of the file, and the option of `Model.load`. */
const types = [["F16", "f16"], ["Q8_0", "q8"]] as const;

/** Bytes of free memory for a weight: its half or its float, with room for what loading takes. */
const bytesPerWeight = 7.3;

/** Measures both types of weights. */
export async function largeSection({ shape: given, peers, rounds }: LargeOptions): Promise<Section> {
  const shape = largeShape(given);
  const weights = weightsOf(shape);
  const { dim, layers, heads, kvHeads, hidden, vocabSize } = shape;
  const name = "Generation at real size";
  const sizes =
    `dim ${dim}, ${layers} layers, ${heads} heads, ${kvHeads} of keys, hidden ${hidden}, vocabulary ` +
    `${vocabSize}: ${(weights / 1e6).toFixed(0)} million random weights`;
  const free = Deno.systemMemoryInfo().available;
  if (free < bytesPerWeight * weights) {
    const wanted = (bytesPerWeight * weights / 1e9).toFixed(1);
    const about = `Left out: ${sizes}, which want ${wanted} GB of free memory, there are ${
      (free / 1e9).toFixed(1)
    } GB.`;
    return { name, about, figures: [] };
  }
  const folder = await Deno.makeTempDir({ prefix: "llamero-large-" });
  const figures: Figure[] = [];
  const missing: string[] = [];
  try {
    const llamaCpp = peers ? await installLlamaCpp(folder).catch((error: Error) => error) : undefined;
    if (llamaCpp instanceof Error) missing.push(`llama.cpp was not run: ${llamaCpp.message}`);
    for (const [type, dtype] of types) {
      const file = `${folder}/model.gguf`;
      await writeLargeModel(file, shape, type);
      const theirs = typeof llamaCpp === "string" ? llamaCppCommand(llamaCpp, file) : undefined;
      const label = type.toLowerCase();
      try {
        figures.push(
          ...await compare(label, ownCommand(file, dtype), theirs, peers ? Math.min(3, rounds) : 1),
        );
      } catch (error) {
        missing.push(`${type} was not run: ${(error as Error).message}`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const about =
    `${sizes}, read from a GGUF file. Prefill of ${prompt} tokens, then one sequence with a wait for each token.`;
  return { name, about: [about, ...missing].join(" "), figures };
}

function ownCommand(file: string, dtype: string): Command {
  const line = [Deno.execPath(), "run", "-A", `--config=${here("../../deno.json")}`];
  return { line: [...line, here("peers/llamero_decode.ts"), file, dtype, String(prompt), String(tokens)] };
}

function llamaCppCommand(folder: string, file: string): Command {
  const numbers = [navigator.hardwareConcurrency, prompt, tokens].map(String);
  return { line: ["node", here("peers/llama_cpp.mjs"), folder, file, ...numbers] };
}

/** Returns the folder of llama.cpp: that of LLAMERO_LLAMA_CPP, or one into which npm installs it now. */
async function installLlamaCpp(folder: string): Promise<string> {
  const given = Deno.env.get("LLAMERO_LLAMA_CPP");
  if (given) return given;
  await Deno.writeTextFile(`${folder}/package.json`, `{"private":true,"type":"module"}`);
  const flags = ["--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"];
  await finish("npm", ["install", ...flags, ...packages], { cwd: folder }, 300);
  return folder;
}

/** Runs a command to its end and returns its line of JSON. */
async function ask({ line: [command, ...args] }: Command): Promise<Times> {
  const out = await finish(command, args, {}, 1200);
  const answer = out.trim().split("\n").findLast((line) => line.startsWith("{"));
  if (!answer) throw new Error(`no answer: ${out.trim().split("\n").at(-1)}`);
  return JSON.parse(answer);
}

/** Measures both in turns. */
async function compare(
  type: string,
  own: Command,
  peer: Command | undefined,
  rounds: number,
): Promise<Figure[]> {
  const ours: Times[] = [];
  const theirs: Times[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await ask(own));
    if (peer) theirs.push(await ask(peer));
  }
  const seconds = median(ours.map(({ loadMs }) => loadMs)) / 1e3;
  const memory = ours[0].memory ? `, ${short(ours[0].memory)} MB at most` : "";
  const loading = `loaded in ${short(seconds)} s${memory}`;
  return [
    ...figuresOf(`prefill, ${type}`, prompt, ours, theirs, ({ prefillMs }) => prefillMs, loading),
    ...figuresOf(`decode, ${type}`, 1, ours, theirs, ({ decodeMs }) => decodeMs),
  ];
}

/** Returns the figure of this project, with the ratio to the peer's in its note, and the peer's. */
function figuresOf(
  name: string,
  count: number,
  ours: readonly Times[],
  theirs: readonly Times[],
  of: (times: Times) => number[],
  note?: string,
): Figure[] {
  const own = ours.map((times) => median(of(times)));
  const peer = theirs.map((times) => median(of(times)));
  const figure = (name: string, ms: number[], note?: string): Figure => {
    return { name, value: count / median(ms) * 1e3, unit: "tok/s", ms: spread(ms), note };
  };
  if (peer.length === 0) return [figure(name, own, note)];
  const ratio = `${showRatio(ratios(peer, own))} llama.cpp`;
  return [figure(name, own, note ? `${ratio}; ${note}` : ratio), figure(`${name}: llama.cpp`, peer)];
}
