/**
 * The peers: other libraries on the same model, start, batch and machine, in turns with this project.
 *
 * Each runs in its own process. Packages are installed by npm into a temporary folder at that moment; none is a
 * dependency of this project.
 *
 * @module
 */
import { type Answer, ask, type Command, finish, here, ownStep } from "./child.ts";
import { makeStart, writeStart } from "./start.ts";

/** An implementation of the step. */
export interface Peer {
  /** Name, and the backend that it runs on. */
  name: string;
  /** npm packages at their versions. */
  packages: readonly string[];
  /** The command in a folder that holds packages, scripts and `start.safetensors`. */
  command(folder: string): Command;
}

const script = (file: string, device: string, steps: number) => (folder: string): Command => ({
  line: [Deno.execPath(), "run", "-A", `peers/${file}`, "start.safetensors", device, String(steps)],
  cwd: folder,
});

/** Threads: PyTorch's own setting does not bound the libraries under it. */
const oneThread = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/** This project; ratios are against it. */
export const own = "Llamero WebGPU";

/** The peers in the order of a round, this project first. */
export const peers: readonly Peer[] = [
  { name: own, packages: [], command: (folder) => ownStep(`${folder}/start.safetensors`, 12) },
  {
    name: "jax-js WebGPU",
    packages: ["@jax-js/jax@0.1.25"],
    command: script("jax.js", "webgpu", 4),
  },
  { name: "jax-js WASM", packages: ["@jax-js/jax@0.1.25"], command: script("jax.js", "wasm", 6) },
  {
    name: "TensorFlow.js WebGPU",
    packages: ["@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-webgpu@4.22.0"],
    command: script("tfjs.js", "webgpu", 4),
  },
  {
    name: "PyTorch CPU, 1 thread",
    packages: [],
    command: (folder) => ({
      line: [Deno.env.get("PYTHON") ?? "python3", "peers/pytorch.py", "start.safetensors", "20"],
      cwd: folder,
      env: oneThread,
    }),
  },
];

/** The results of all rounds. */
export interface Outcome {
  /** Answers by peer, one per round, in the order of {@linkcode peers}, of the peers that ran. */
  answers: Map<string, Answer[]>;
  /** Reasons for the peers that did not run. */
  missing: Map<string, string>;
}

/** Runs `rounds` rounds. A peer that fails once is left out from then on, and its answers with it. */
export async function runPeers(rounds: number, say: (line: string) => void): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "llamero-peers-" });
  const outcome: Outcome = { answers: new Map(), missing: new Map() };
  try {
    await writeStart(`${folder}/start.safetensors`, makeStart());
    await Deno.mkdir(`${folder}/peers`);
    for (
      const file of [
        "cpu_time.ts",
        ...["bench_model.js", "jax.js", "tfjs.js", "pytorch.py"].map((f) => `peers/${f}`),
      ]
    ) {
      await Deno.copyFile(here(file), `${folder}/${file}`);
    }
    await install(folder, outcome.missing, say);
    for (let round = 1; round <= rounds; round++) {
      for (const peer of peers) await runOne(peer, folder, outcome, say, `round ${round}: `);
    }
    return outcome;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function install(
  folder: string,
  missing: Map<string, string>,
  say: (line: string) => void,
): Promise<void> {
  await Deno.writeTextFile(`${folder}/package.json`, `{"private":true,"type":"module"}`);
  for (const packages of new Set(peers.map((peer) => peer.packages.join(" ")).filter(Boolean))) {
    say(`npm install ${packages}`);
    const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...packages.split(" ")];
    try {
      await finish("npm", args, { cwd: folder }, 300);
    } catch (error) {
      const why = `npm install ${packages}: ${(error as Error).message}`;
      for (const peer of peers) if (peer.packages.join(" ") === packages) missing.set(peer.name, why);
    }
  }
}

async function runOne(
  peer: Peer,
  folder: string,
  { answers, missing }: Outcome,
  say: (line: string) => void,
  prefix: string,
): Promise<void> {
  if (missing.has(peer.name)) return;
  try {
    const answer = await ask(peer.command(folder));
    answers.set(peer.name, [...answers.get(peer.name) ?? [], answer]);
    say(`${prefix}${peer.name}: ${Math.min(...answer.steps).toFixed(0)} ms`);
  } catch (error) {
    answers.delete(peer.name);
    missing.set(peer.name, (error as Error).message);
    say(`${prefix}${peer.name} could not be run: ${(error as Error).message}`);
  }
}
