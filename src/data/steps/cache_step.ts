/**
 * The cache step: keeps records on disk, so that the steps before it run once.
 *
 * Records lie in the cache folder under the fingerprint of their plan: other files, options or functions make them anew. A
 * function without a `version` may capture variables that cannot be seen, so its records are kept for this process alone.
 *
 * @module
 */
import { zstdCompressSync } from "node:zlib";
import { readLines } from "../../formats/records/lines.ts";
import type { Entry } from "../document.ts";
import { checkWritable } from "../io/jsonl_lines.ts";
import { cacheKeyOf, hashOf } from "../plan/fingerprint.ts";
import { onEachSource } from "./mix.ts";
import { type DatasetPlan, describeStep, entriesOf, plansIn } from "../plan/plan.ts";
import { Pass, type StepCounts } from "../plan/pass.ts";
import { persistentRoot, shardFolder, temporaryRoot } from "../plan/artifact_store.ts";

/** Facts about cached records: `facts.json`. */
interface Facts {
  /** Counts of the steps that made them. */
  steps: StepCounts[];
}

/** Version of the layout of the files: raised when it changes. */
const layout = 1;

/** UTF-16 units that are compressed together. [ours] */
const frameUnits = 1 << 20;

/**
 * Returns the plan of the records of `input`, read whole at the first reading and from disk (as compressed JSON) at every later
 * one. The counts of the steps before it are those of the first reading, which alone tells of dropped records.
 */
export function cachedPlan<T>(input: DatasetPlan<T>): DatasetPlan<T> {
  return onEachSource(input, (source) => {
    const plan: DatasetPlan<T> = {
      op: "cache",
      options: {},
      inputs: [source],
      kind: source.kind,
      reach: { instead: "leave the step out, since the shards keep the records" },
      open: (pass) => cached(source, pass, pass.countsOf(plan, describeStep(plan))),
    };
    return plan;
  });
}

async function* cached<T>(
  source: DatasetPlan<T>,
  pass: Pass,
  counts: StepCounts,
): AsyncGenerator<Entry<T>> {
  const { key, persistent } = cacheKeyOf(source);
  const plans = [...plansIn(source)];
  const { folder, facts } = await shardFolder(
    persistent ? persistentRoot("records") : temporaryRoot(),
    hashOf([layout, "records", key]),
    (draft) => fill(source, `${draft}/${fileName}`, pass),
    pass.signal,
  );
  facts.steps.forEach((step, i) => Object.assign(pass.countsOf(plans[i], step.step), step));
  for await (const line of readLines(`${folder}/${fileName}`)) {
    counts.kept++;
    yield JSON.parse(line);
  }
}

const fileName = "records.jsonl.zst";

async function fill(source: DatasetPlan, path: string, { signal, workers, onReject }: Pass): Promise<Facts> {
  const pass = new Pass({ signal, workers, onReject });
  const encoder = new TextEncoder();
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  let lines: string[] = [];
  let length = 0;
  const flush = async () => {
    let bytes: Uint8Array = zstdCompressSync(encoder.encode(lines.join("")));
    lines = [];
    length = 0;
    while (bytes.length) bytes = bytes.subarray(await file.write(bytes));
  };
  for await (const { value, id, place } of entriesOf(source, pass)) {
    checkWritable(value);
    const line = JSON.stringify({ value, id, place });
    lines.push(line, "\n");
    if ((length += line.length) >= frameUnits) await flush();
  }
  await flush();
  return { steps: pass.steps(plansIn(source)) };
}
