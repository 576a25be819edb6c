// Tasks and actions that guides and workflows name, and whether they are there.
import assert from "node:assert/strict";
import { projectFiles } from "../../src/new/project_files.ts";
import { readTree } from "./tree.ts";
import config from "../../deno.json" with { type: "json" };

const github = readTree(".github", (path) => /\.(yml|md)$/.test(path));
const guides = [...github, ...readTree(".", (path) => /^(README|docs\/.+)\.md$/.test(path))];

Deno.test("every task that a guide or a workflow names is in deno.json", () => {
  const named = guides.flatMap(({ path, text }) =>
    [...text.matchAll(/\bdeno task\s+([a-z][\w:-]*)/g)].map((hit) => ({ path, task: hit[1] }))
  );
  assert.ok(named.length >= 10, `only ${named.length} tasks are named`);
  // The tasks of a project that `new` makes are its own.
  const known = [...Object.keys(config.tasks), "train"];
  assert.deepEqual(named.filter(({ task }) => !known.includes(task)), []);
});

Deno.test("deno task lists every task with a description of one line", () => {
  const { tasks: own }: typeof config = JSON.parse(projectFiles("a", { imports: {} })["deno.json"]);
  for (const [name, task] of [...Object.entries(config.tasks), ...Object.entries(own)]) {
    assert.match(task.description, /^[A-Z][^\n]{8,99}[^.\n]$/, name);
    assert.ok(task.command, name);
  }
});

Deno.test("workflows run on three systems, and pin each action by its major version", () => {
  const workflows = github.filter(({ path }) => path.startsWith(".github/workflows/"));
  assert.equal(workflows.length, 2);
  const actions = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (\S+)/g)].map((hit) => hit[1]));
  assert.deepEqual(
    actions.filter((name) => !/^[\w-]+\/[\w-]+@v\d+$|^\.\/\.github\/workflows\/ci\.yml$/.test(name)),
    [],
  );
  const ci = workflows.find(({ path }) => path.endsWith("/ci.yml"))!.text;
  for (const system of ["ubuntu", "macos", "windows"]) assert.match(ci, new RegExp(`${system}-latest`));
  for (const { path, text } of workflows) assert.doesNotMatch(text, /\t/, `${path} holds a tab`);
});
