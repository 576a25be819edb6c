/**
 * Writes files of code as BigQuery exports them: JSON Lines in gzip with `content`, `path`, `repo_name` and `license`.
 *
 * The dirt: licences that are not permissive, copies, licence headers, and files whose lines or letters show that no person
 * wrote them.
 *
 * @module
 */
import { type Draw, withArticle } from "../draw.ts";
import { gzip, jsonLines, put } from "../files.ts";
import type { World } from "../world.ts";
import type { Writer } from "../world/paragraphs.ts";
import { definition, type Program, programs, script } from "../world/programs.ts";
import type { Planted } from "./common_crawl.ts";

const size = { small: 110, full: 420 } as const;

const header = "# Copyright 2019 The Town Tools Authors. All rights reserved.\n# See the file LICENSE.\n\n";

/** Files that go, by the reason for which they go. */
const badFiles: Record<string, (unique: string) => [path: string, content: string]> = {
  "a licence or certificate": (unique) => ["LICENSE", `The licence of ${unique}.\n`],
  "another kind of file": (unique) => ["packages.lock", `name = ${unique}\nversion = 1\n`],
  "a line too long": (unique) => ["data.py", `${unique} = "${"goat ".repeat(220)}"\n${"x = 1\n".repeat(30)}`],
  "lines too long on average": (
    unique,
  ) => ["table.py", `${unique} = [${"12345678, ".repeat(20)}]\n`.repeat(3)],
  "too few letters and digits": (
    unique,
  ) => ["line.py", `# ${unique}\nprint("${"-=".repeat(30)}")\n`.replace("# ", "")],
  "too few letters per token": (
    unique,
  ) => ["grid.py", `${unique} = [${"1, 2, ".repeat(12)}]\n${"a[1] = 2\n".repeat(9)}`],
  "blank": (unique) => ["__init__.py", "\n".repeat(unique.charCodeAt(4))],
};

/** Writes the files and returns what was planted. */
export async function writeGithub(
  folder: string,
  world: World,
  draw: Draw,
  writer: Writer,
): Promise<Planted> {
  const counts: Planted = {};
  const count = (reason: string, times = 1) => counts[reason] = (counts[reason] ?? 0) + times;
  const rows: Record<string, unknown>[] = [];
  const add = (path: string, content: string | null, license: string | null) =>
    rows.push({ content, path, repo_name: `town/tools-${rows.length}`, license, size: content?.length ?? 0 });
  const files = world.small ? size.small : size.full;
  for (let i = 0; i < files; i++) {
    const own = goodFile(draw, world, writer, i);
    if (i % 6 === 0) count("headers cut");
    const path = i % 10 === 9 ? `README.md` : `src/part_${i}.py`;
    const content = i % 10 === 9 ? readme(draw, writer, i) : `${i % 6 === 0 ? header : ""}${own}`;
    if (i % 10 === 9 && i % 6 === 0) count("headers cut", -1);
    add(path, content, draw.one(["mit", "apache-2.0", "bsd-3-clause"]));
    if (i % 12 === 1) {
      add(`copy/${path}`, content, "mit");
      count("seen before");
    }
    if (i % 9 === 2) {
      add(`src/own_${i}.py`, `${goodFile(draw, world, writer, i)}# ${i}\n`, i % 2 ? "gpl-3.0" : "lgpl-2.1");
      count("another licence");
    }
    if (i % 30 === 5) {
      add(`src/any_${i}.py`, `${own}# ${i}\n`, null);
      count("no licence");
    }
  }
  for (const [reason, make] of Object.entries(badFiles)) {
    for (let i = 0; i < 2; i++) {
      const [path, content] = make(`part${"ab"[i]}`);
      add(path, content, "mit");
      count(reason);
    }
  }
  add("src/lost.py", null, "mit");
  count("unreadable");
  await put(`${folder}/files-000000000000.json.gz`, await gzip(jsonLines(draw.shuffled(rows))));
  return counts;
}

/** Writes a file of code that no other file equals. */
function goodFile(draw: Draw, { towns, people }: World, writer: Writer, i: number): string {
  const shown: Program[] = draw.some(programs(false), draw.between(2, 5));
  const names = draw.some([...towns, ...people].map(({ name }) => name), 4);
  return [
    `"""Part ${i}.\n\n${writer.sentences().join("\n")}\n${writer.sentences().join("\n")}\n"""\n`,
    ...shown.map((program) => definition(program, draw.chance(0.5))),
    ...shown.slice(0, 1).flatMap(({ name, tests }) =>
      tests.map(([call, value]) => `assert ${name}(${call}) == ${value}`)
    ),
    "",
    script(draw, names),
  ].join("\n");
}

function readme(draw: Draw, writer: Writer, i: number): string {
  const animal = withArticle(draw.one(["goat", "owl", "otter", "duck"]));
  return `# Tools, part ${i}\n\nThis part has ${animal} as its sign.\n\n${writer.sentences().join(" ")}\n`;
}
