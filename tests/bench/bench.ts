/**
 * The speed of the SDK on this machine, as medians and as ratios within one run.
 *
 *     deno task bench                          everything but the peers
 *     deno task bench --only matmul,step       some sections: adapter matmul ops step ranks first generation large tokenizer
 *     deno task bench --peers --rounds 7       jax-js, TensorFlow.js, PyTorch and llama.cpp too, in turns with this project
 *     deno task bench --large dim=512,layers=4 the section large at another shape than TinyLlama's
 *     deno task bench --save                   stores the figures as the baseline of this adapter
 *     deno task bench --profile                the time of each kernel of the training step
 *     deno task bench --report FILE            writes the figures as Markdown between the marks of FILE
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Device, openDevice } from "../../src/gpu/mod.ts";
import { Model, TrainingStep } from "../../src/model/mod.ts";
import { betterBy, readBaseline, withFigures, writeBaseline } from "./baseline.ts";
import { finish } from "./child.ts";
import { wideText } from "../support/wide_text.ts";
import { type Section, sectionText } from "./figure.ts";
import { firstStepSection } from "./first_step.ts";
import { largeSection } from "./large.ts";
import { largeShape } from "./large_model.ts";
import { load, machine } from "./machine.ts";
import { matmulSection } from "./matmuls.ts";
import { opsSection } from "./ops.ts";
import { runPeers } from "./peers.ts";
import { peersMarkdown, peersText } from "./peers_report.ts";
import { ranksSection } from "./ranks.ts";
import { report, withReport } from "./report.ts";
import { benchShape, makeStart, startRows } from "./start.ts";
import { learningRate, stepOptions, stepSection } from "./step.ts";
import { generationSection, tokenizerSection } from "./text.ts";
import { adapterSection, makeYardsticks, type Yardsticks } from "./yardsticks.ts";

const usage = `The speed of the SDK on this machine.

  --only matmul,step       some sections
  --large dim=512,layers=4 the section large at another shape than TinyLlama's
  --peers                  jax-js, TensorFlow.js, PyTorch and llama.cpp too, in turns with this project
  --rounds 7               rounds in turns with the peers, and of one and two ranks
  --profile                the time of each kernel of the training step
  --save                   stores the figures as the baseline of this adapter
  --report FILE            writes the figures as Markdown between the marks of FILE
`;

const all: Record<string, (device: Device, yardsticks: Yardsticks) => Promise<Section>> = {
  adapter: adapterSection,
  matmul: matmulSection,
  ops: opsSection,
  step: stepSection,
  ranks: () => ranksSection(Number(flags.rounds)),
  first: firstStepSection,
  generation: generationSection,
  large: () => largeSection({ shape: flags.large, peers: flags.peers, rounds: Number(flags.rounds) }),
  tokenizer: tokenizerSection,
};

const flags = readFlags();

/** Reads the flags; a wrong one ends the program, and so does `--help`. */
function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        peers: { type: "boolean", default: false },
        rounds: { type: "string", default: "7" },
        save: { type: "boolean", default: false },
        profile: { type: "boolean", default: false },
        report: { type: "string" },
        large: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.large !== undefined) largeShape(values.large);
    if (!values.help) return values;
  } catch (error) {
    refuse((error as Error).message);
  }
  console.log(`${usage}\nsections: ${Object.keys(all).join(" ")}`);
  Deno.exit(0);
}

/** Ends the program with a message about a flag. */
function refuse(message: string): never {
  console.error(`${message}\n(deno task bench --help lists the flags)`);
  Deno.exit(2);
}

/** Returns the chosen sections; an unknown name ends the program. */
function chosen(only: string | undefined): string[] {
  const names = only === undefined ? Object.keys(all) : only.split(",").filter(Boolean);
  const unknown = names.find((name) => !Object.hasOwn(all, name));
  if (unknown === undefined) return names;
  refuse(`There is no section ${unknown}: sections are ${Object.keys(all).join(" ")}`);
}

/** The kernels of the training step by the GPU's own clock, as text. */
async function profile(): Promise<string> {
  const device = await openDevice();
  const start = makeStart();
  const model = await Model.create(benchShape, { device });
  model.setParameters(start.weights);
  const step = await TrainingStep.create(model, { ...stepOptions, save: "all" });
  step.run(startRows(start), 1, learningRate); // the time of attention depends on the spans of the rows
  const text = wideText((await step.program.profile()).byKernel());
  device.close();
  return text;
}

const names = chosen(flags.only);
const rounds = Number(flags.rounds);
if (!(rounds >= 1)) refuse(`--rounds must be at least 1, current value is ${flags.rounds}`);
const device = await openDevice();
const on = await machine(device);
const before = load();
console.log(
  `${on.adapter} (${on.kind}; ${on.granted}), ${on.cores} cores, Deno ${on.deno}, load ${before}\n`,
);

const file = new URL("baseline.json", import.meta.url);
const baseline = await readBaseline(file);
const yardsticks = await makeYardsticks(device);
const sections: Section[] = [];
for (const name of names) {
  const section = await all[name](device, yardsticks);
  sections.push(section);
  console.log(
    sectionText(section, (figure) => betterBy(baseline, on.adapter, section.name, figure)) + "\n",
  );
}
const kernels = flags.profile ? await profile() : undefined;
if (kernels) console.log(`${kernels}\n`);
const outcome = flags.peers && names.includes("step")
  ? await runPeers(rounds, (line) => console.log(line))
  : undefined;
if (outcome) console.log(`\n${peersText(outcome)}\n`);
const after = load();
console.log(`load ${before} before, ${after} after`);

if (flags.save) {
  await writeBaseline(file, withFigures(baseline, on.adapter, on, sections));
  console.log("Saved as the baseline of this adapter.");
}
if (flags.report !== undefined) {
  const text = report({
    machine: on,
    command: ["deno task bench", ...Deno.args].join(" "),
    load: { before, after },
    sections,
    kernels,
    peers: outcome && peersMarkdown(outcome),
  });
  await Deno.writeTextFile(flags.report, withReport(await Deno.readTextFile(flags.report), text));
  await finish(Deno.execPath(), ["fmt", "-q", flags.report], {}, 60);
  console.log(`Written into ${flags.report}.`);
}
Deno.exit(0);
