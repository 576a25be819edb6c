// Models of the sizes that people have, on this machine: logits, greedy ids and a step are those of transformers in float32
// on the same rounded weights, and the process holds what plan and summary say. The first shape is small and runs everywhere.
import assert from "node:assert/strict";
import { inFolder } from "../support/folder.ts";
import { maxError } from "../support/golden.ts";
import { needs } from "../support/needs.ts";
import { oracle, pythonHas } from "../support/python.ts";
import { adam, type Answer, learningRate, type Request } from "./real_size_child.ts";

const script = new URL("../reference/real_size.py", import.meta.url);
const child = new URL("./real_size_child.ts", import.meta.url).pathname;

const llama3 = {
  rope_type: "llama3",
  rope_theta: 500000,
  factor: 32,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

/** Fields of config.json. */
const shapes = {
  "a small model": {
    hidden_size: 96,
    num_hidden_layers: 3,
    num_attention_heads: 6,
    num_key_value_heads: 2,
    intermediate_size: 288,
    vocab_size: 1001,
    max_position_embeddings: 2048,
    tie_word_embeddings: true,
    rope_parameters: llama3,
  },
  "TinyLlama-1.1B's shape": {
    hidden_size: 2048,
    num_hidden_layers: 22,
    num_attention_heads: 32,
    num_key_value_heads: 4,
    intermediate_size: 5632,
    vocab_size: 32000,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    rope_parameters: { rope_type: "default", rope_theta: 10000 },
  },
  "Llama-3.2-1B's shape": {
    hidden_size: 2048,
    num_hidden_layers: 16,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    intermediate_size: 8192,
    vocab_size: 128256,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    rope_parameters: llama3,
  },
};

/** Largest error of the logits by the largest logit: that of the goldens in f32, four times what was measured in f16. */
const tolerance = { f32: 1e-4, q8: 1e-4, f16: 8e-3 };
/** Lead of the best id over the next below which the ids may part. */
const leadThatCounts = 0.02;
/** Ids that are written. */
const greedy = 16;
/** Memory beside what is planned, and the part of the plan that it may be off by. */
const besides = 400e6;
const offBy = 0.1;

const samples = [
  "model.layers.1.self_attn.q_proj.weight",
  "model.layers.2.mlp.down_proj.weight",
  "model.norm.weight",
];
const available = Number(
  /MemAvailable:\s+(\d+) kB/.exec(await Deno.readTextFile("/proc/meminfo").catch(() => ""))?.[1] ?? 0,
) / 1e6;
const python = await pythonHas("torch", "transformers", "gguf");

/** Runs the child and checks its memory. */
async function run(action: "ask" | "step", folder: string, dtype: string, request: Request): Promise<Answer> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", child, action, folder, dtype],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = command.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(request)));
  await writer.close();
  const { code, stdout, stderr } = await command.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const answer: Answer = JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const text = `${dtype} ${action}: peak ${megabytes(answer.peak)}, planned ${megabytes(answer.planned)}, ` +
    `buffers ${megabytes(answer.gpu)}, at the start ${megabytes(answer.start)}; seconds ${
      answer.seconds.join(" ")
    }`;
  console.log(text);
  assert.ok(answer.peak <= answer.planned * (1 + offBy) + besides, text);
  assert.ok(answer.gpu >= answer.planned * (1 - offBy), text);
  return answer;
}

/** Answers of transformers. */
interface Theirs {
  /** The prompt: the first after which every id leads, else the last. */
  prompt: number[];
  /** Logits of the last two positions. */
  logits: number[];
  /** Ids written. */
  ids: number[];
  /** Lead of each over the next best. */
  leads: number[];
}

/** Asks transformers, with weights as they are or rounded to blocks. */
function askOracle(folder: string, prompts: number[][], q8: boolean): Promise<Theirs> {
  return oracle(script, ["ask", folder], { prompts, greedy, q8 });
}

/** Compares logits and ids with those of the oracle. */
async function compare(
  folder: string,
  dtype: keyof typeof tolerance,
  theirs: Theirs,
): Promise<void> {
  const ours = await run("ask", folder, dtype, { ids: theirs.prompt, greedy, samples });
  const error = maxError(Float32Array.from(ours.logits!), Float32Array.from(theirs.logits));
  const sure = theirs.leads.findIndex((lead) => lead < leadThatCounts);
  const count = sure < 0 ? theirs.ids.length : sure;
  console.log(
    `${dtype}: logits off by ${error.toExponential(2)}, ${count} ids are compared: ${theirs.ids.join(" ")}`,
  );
  assert.ok(count > 0, "no id leads clearly");
  assert.ok(error < tolerance[dtype], `logits off by ${error}`);
  assert.deepEqual(ours.written!.slice(0, count), theirs.ids.slice(0, count));
  assert.equal(ours.written!.length, greedy);
}

/** Compares a step with AdamW's first one, computed from the oracle's gradients. */
async function compareStep(folder: string, request: Request): Promise<void> {
  interface Step {
    loss: number;
    norm: number;
    gradients: Record<string, number[]>;
    weights: Record<string, number[]>;
  }
  const { ids } = request;
  const theirs = await oracle<Step>(script, ["step", folder], {
    ids: ids.slice(0, -1),
    targets: ids.slice(1),
    samples,
  });
  const ours = await run("step", folder, "f32", request);
  console.log(`loss ${ours.loss} and ${theirs.loss}, norm ${ours.norm} and ${theirs.norm}`);
  assert.ok(Math.abs(ours.loss! / theirs.loss - 1) < 1e-5);
  assert.ok(Math.abs(ours.norm! / theirs.norm - 1) < 1e-3);
  const clip = Math.min(1, adam.clip / theirs.norm);
  for (const name of samples) {
    const decay = name.includes("norm") ? 0 : adam.weightDecay;
    const want = theirs.weights[name].map((w, i) => {
      const g = theirs.gradients[name][i] * clip;
      return w - learningRate * (g / (Math.abs(g) + adam.epsilon) + decay * w);
    });
    // A gradient near epsilon moves its weight by less than the learning rate, by an uncertain amount.
    const clear = want.map((_, i) => i).filter((i) => Math.abs(theirs.gradients[name][i] * clip) > 1e-5);
    const error = Math.max(...clear.map((i) => Math.abs(ours.weights![name][i] - want[i])));
    console.log(`${name}: ${clear.length} of 64 weights compared, off by ${error.toExponential(2)}`);
    assert.ok(clear.length > 4 && error < 0.02 * learningRate, `${name} off by ${error}`);
  }
}

/** Returns the memory of a step with weights, gradients and moments in f32, and of what is beside them. */
function trainedGigabytes(c: (typeof shapes)[keyof typeof shapes]): number {
  const kv = c.num_key_value_heads / c.num_attention_heads;
  const layer = c.hidden_size * (2 * c.hidden_size * (1 + kv) + 3 * c.intermediate_size);
  const tables = (c.tie_word_embeddings ? 1 : 2) * c.vocab_size * c.hidden_size;
  return (16 * (c.num_hidden_layers * layer + tables) + besides) / 1e9 + 0.6;
}

for (const [name, shape] of Object.entries(shapes)) {
  const small = name === "a small model";
  const room = needs(
    small || available >= 20,
    `${available.toFixed(1)} GB of memory are free, 20 are needed`,
  );
  Deno.test({
    name:
      `${name} loads, generates and trains as in transformers, in the memory that is planned${python.reason}${room.reason}`,
    ignore: python.ignore || room.ignore,
    fn: (t) =>
      inFolder(async (folder) => {
        const shardBytes = small ? 300_000 : 900_000_000;
        const files = await oracle<string[]>(script, ["write", folder], { shape, shardBytes });
        assert.ok(files.filter((file) => file.endsWith(".safetensors")).length > 1, "several shards");
        const line = (length: number, first = 5) =>
          Array.from({ length }, (_, i) => (i * i * 37 + i * 11 + first) % shape.vocab_size);
        const prompts = [5, 6, 7, 8, 9, 10].map((first) => line(12, first));
        const exact = await askOracle(folder, prompts, false);
        for (const dtype of ["f32", "f16"] as const) {
          await t.step(dtype, () => compare(folder, dtype, exact));
        }
        await t.step("q8", async () => {
          await compare(folder, "q8", await askOracle(folder, prompts, true));
        });
        const wanted = trainedGigabytes(shape);
        const enough = needs(
          available >= wanted,
          `${available.toFixed(1)} GB are free, ${wanted.toFixed(1)} needed`,
        );
        await t.step({
          name: `a step${enough.reason}`,
          ignore: enough.ignore,
          fn: () => compareStep(folder, { ids: line(65), greedy: 0, samples }),
        });
      }),
  });
}
