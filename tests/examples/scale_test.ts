// Runs the scripts of examples/slurm and examples/kubernetes on this host: the chain of jobs by processes of one machine,
// and by a stand-in for sbatch that starts the tasks of each array one after another. The documents are those of one process.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { Dataset } from "../../src/data/dataset.ts";
import { joinParts } from "../../src/data/join_parts.ts";
import { readTree, root } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";

/** Stands for sbatch: checks what the job waits for, runs its tasks, and prints its number. */
const sbatch = `#!/usr/bin/env bash
set -euo pipefail
for argument in "$@"; do
  case $argument in
    --array=0-*) last=\${argument#--array=0-} ;;
    --dependency=*) echo "$argument" >> "$CHAIN" ;;
    --wrap=*) command=\${argument#--wrap=} ;;
  esac
done
for ((task = 0; task <= last; task++)); do
  SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_COUNT=$((last + 1)) SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=$last \\
    bash -c "$command" 1>&2 </dev/null
done
echo x >> "$COUNT"
wc -l < "$COUNT"
`;

/** Runs a script of bash, or a command line; returns what it prints. */
async function bash(args: string[], env: Record<string, string>, cwd = root): Promise<string> {
  const PATH = `${dirname(Deno.execPath())}:${env.PATH ?? ""}:${Deno.env.get("PATH")}`;
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args,
    cwd,
    env: { ...env, PATH },
  }).output();
  const [printed, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, printed + errors);
  return printed;
}

/** Writes three files of pages, of which some repeat each other; returns the texts that stay. */
async function writePages(folder: string, by: "document" | "near"): Promise<string[]> {
  await Deno.mkdir(`${folder}/raw`);
  const page = (i: number) =>
    `Page ${i} tells of llamas. They live in herd ${
      i % 7
    }. They eat grass in valley ${i}. Then all of them sleep.`;
  for (const file of [0, 1, 2]) {
    const lines = Array.from({ length: 30 }, (_, i) => JSON.stringify({ text: page((i * (file + 1)) % 50) }));
    await Deno.writeTextFile(`${folder}/raw/${file}.jsonl`, lines.join("\n"));
  }
  const pages = Dataset.jsonl(`${folder}/raw/*.jsonl`, { text: "text" }).clean({ badWords: false }).dedup({
    by,
  });
  return (await pages.toArray()).map(({ text }) => text);
}

async function textsOf(folder: string): Promise<string[]> {
  const { dataset } = await joinParts<{ text: string }>(`${folder}/corpus/clean/*.jsonl.zst`);
  return (await dataset.toArray()).map(({ text }) => text);
}

Deno.test("the commands of docs/scale.md for one host make the corpus of one process, and train on it", () =>
  inFolder(async (folder) => {
    const texts = await writePages(folder, "near");
    const page = await Deno.readTextFile(join(root, "docs/scale.md"));
    const commandOf = (start: RegExp) => start.exec(page)![1].replaceAll("examples/", `${root}examples/`);
    const corpus = commandOf(/`(bash examples\/slurm\/one_host.*?)`/).replace(
      "one_host.sh 4",
      "one_host.sh 2",
    );
    await bash(["-c", `${corpus} --ranges 4`], {}, folder);
    assert.ok(texts.length > 20 && texts.length < 90);
    assert.deepEqual(await textsOf(folder), texts);
    const small = "--preset nano --vocab-size 300 --context 16 --steps 2 --batch-tokens 32";
    const train = `${commandOf(/`(deno run -A examples\/slurm\/train.ts)`/)} ${small}`;
    await bash(["-c", train], {}, folder);
    assert.ok(Deno.statSync(`${folder}/runs/train/done`).isFile);
    await bash(["-c", train], {}, folder); // a run that is over ends at once
  }));

Deno.test("the chain of arrays under Slurm waits job for job and keeps the documents of one process", () =>
  inFolder(async (folder) => {
    const texts = await writePages(folder, "document");
    await Deno.mkdir(`${folder}/bin`);
    await Deno.writeTextFile(`${folder}/bin/sbatch`, sbatch, { mode: 0o755 });
    const args = ["2", "--data", `${folder}/raw/*.jsonl`, "--out", `${folder}/corpus`, "--ranges", "4"];
    const env = {
      PATH: `${folder}/bin`,
      CHAIN: `${folder}/chain`,
      COUNT: `${folder}/count`,
      LOGS: `${folder}/logs`,
    };
    const printed = await bash(["examples/slurm/corpus.sh", ...args], env);
    assert.deepEqual(printed.trim().split("\n"), [
      "prepare: job 1, tasks 0 to 1",
      "signatures: job 2, tasks 0 to 1",
      "removals: job 3, tasks 0 to 1",
      "filter: job 4, tasks 0 to 1",
      "join: job 5, tasks 0 to 0",
    ]);
    const waits = (await Deno.readTextFile(`${folder}/chain`)).trim().split("\n");
    assert.deepEqual(waits, [1, 2, 3, 4].map((before) => `--dependency=afterok:${before}`));
    assert.deepEqual(await textsOf(folder), texts);
  }));

Deno.test("the indexed jobs of Kubernetes have the jobs' names, their number of parts and the arguments", async () => {
  const args = ["5", "--data", 'raw/"a" b/*.jsonl', "--by", "near"];
  const printed = await bash(["examples/kubernetes/corpus.sh", ...args], { DRY_RUN: "1" });
  const jobs = printed.split("---\n").slice(1);
  assert.deepEqual(jobs.map((text) => /name: (.*)/.exec(text)![1]), [
    "corpus-prepare",
    "corpus-signatures",
    "corpus-buckets",
    "corpus-clusters",
    "corpus-removals",
    "corpus-filter",
    "corpus-join",
  ]);
  for (const text of jobs) {
    const of = /corpus-(clusters|join)/.test(text) ? 1 : 5;
    assert.match(
      text,
      new RegExp(`completionMode: Indexed\\n  completions: ${of}\\n  parallelism: ${of}\\n`),
    );
    const [, job] = /name: corpus-(.*)/.exec(text)!;
    const list = JSON.parse(/args: (.*)/.exec(text)![1]);
    assert.deepEqual(list, ["--job", job, "--of", String(of), ...args.slice(1)]);
  }
});

Deno.test("the scripts end with an error where an option is wrong or a part fails", () =>
  inFolder(async (folder) => {
    const failing = (...args: string[]) =>
      assert.rejects(bash(args, { LOGS: `${folder}/logs` }), /Cannot use --by: it must be .*"near"/);
    for (const script of ["slurm/one_host.sh", "slurm/corpus.sh", "kubernetes/corpus.sh"]) {
      await failing(`examples/${script}`, "2", "--by", "nothing");
    }
    const args = ["2", "--data", `${folder}/none/*.jsonl`, "--out", `${folder}/corpus`];
    await assert.rejects(
      bash(["examples/slurm/one_host.sh", ...args], {}),
      /2 of 2 parts of the job prepare/,
    );
  }));

for (const { path } of readTree("examples", (path) => path.endsWith(".sh"))) {
  Deno.test(`${path} is a script that bash reads`, async () => {
    const { success, stderr } = await new Deno.Command("bash", { args: ["-n", join(root, path)] }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  });
}
