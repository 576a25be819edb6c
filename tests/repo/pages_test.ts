// The pages hold true code and true links: code of README.md and docs type-checks, that of docs/howto runs.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  anchorsOf,
  codeComplaints,
  codeOf,
  fencesOf,
  linkComplaints,
  type PageCode,
  pageProgram,
  writeConfig,
  writeFiles,
} from "./pages.ts";
import type { SourceFile } from "./rules.ts";
import { readTree, root, runDeno } from "./tree.ts";
import { inFolder } from "../support/folder.ts";

const pages = [
  ...readTree(".", (path) => /^(README|docs\/.+|notebooks\/README)\.md$/.test(path)),
  ...existsSync(join(root, ".github")) ? readTree(".github", (path) => path.endsWith(".md")) : [],
];
const withCode = pages.filter(({ path }) => path !== "docs/log.md");

/** Reads a file of the repository; gives undefined where there is none, and no text for a folder. */
function read(path: string): string | undefined {
  try {
    return Deno.statSync(join(root, path)).isDirectory ? "" : Deno.readTextFileSync(join(root, path));
  } catch {
    return undefined;
  }
}

/** Runs `use` with the code of `given` in a folder of its own, a page in a folder named after it. */
async function withPages(
  given: readonly SourceFile[],
  use: (folder: string, placed: { code: PageCode; folder: string }[]) => Promise<void>,
): Promise<void> {
  await inFolder(async (temporary) => {
    const folder = await Deno.realPath(temporary);
    await writeConfig(folder);
    const placed = given.map((page) => ({
      code: codeOf(page),
      folder: join(folder, page.path.replace(/\.md$/, "")),
    }));
    for (const { code, folder } of placed) await writeFiles(folder, code);
    await use(folder, placed);
  });
}

/** Returns the errors of the type checker, at the lines of the pages. */
async function typeErrors(given: readonly SourceFile[]): Promise<string> {
  let found = "";
  await withPages(given, async (folder, placed) => {
    const modules = placed.flatMap(({ code, folder }) =>
      [...code.files.keys()].filter((name) => name.endsWith(".ts")).map((name) => join(folder, name))
    );
    const { code, stderr } = await runDeno(["check", ...modules], { cwd: folder });
    if (code !== 0) {
      const base = pathToFileURL(`${folder}/`).href;
      found = stderr.replaceAll(base, "").replaceAll(/(\S+)\/[\w-]+\.ts:(\d+)/g, "$1.md:$2");
    }
  });
  return found;
}

Deno.test("the code of the pages type-checks", async () => {
  assert.equal(await typeErrors(withCode), "");
});

Deno.test("the pages import public names only, and quote what stands in the files", () => {
  assert.deepEqual(withCode.flatMap((page) => codeComplaints(page, read)), []);
});

Deno.test("links between pages lead to files and headings", () => {
  assert.deepEqual(pages.flatMap((page) => linkComplaints(page, read)), []);
});

for (const page of pages.filter(({ path }) => path.startsWith("docs/howto/"))) {
  Deno.test(`the commands of ${page.path} run and print what the page says`, async () => {
    await withPages([page], async (_, [{ code, folder }]) => {
      assert.ok(code.commands.length > 0, "the page runs nothing");
      for (const { line, args: [verb, ...args], output } of code.commands) {
        const { code, stdout, stderr } = await runDeno([verb, "--no-check", ...args], {
          cwd: folder,
          env: {
            XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? folder,
            LLAMERO_HOME: join(folder, "cache"),
          },
        });
        const printed = stdout + stderr;
        assert.equal(code, 0, `${page.path}:${line}:\n${printed}`);
        for (const wanted of output) {
          assert.ok(printed.includes(wanted), `${page.path}:${line}: no "${wanted}" in\n${printed}`);
        }
      }
    });
  });
}

Deno.test("the README's example runs as it stands", async () => {
  const readme = pages.filter(({ path }) => path === "README.md");
  await withPages(readme, async (folder, placed) => {
    const { code, stdout, stderr } = await runDeno([
      "run",
      "-A",
      "--no-check",
      join(placed[0].folder, pageProgram),
    ], {
      cwd: folder,
      env: {
        XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? folder,
        LLAMERO_HOME: join(folder, "cache"),
      },
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Plan of model/);
    assert.match(stdout, /loss, nats per token/);
  });
});

const page = (text: string, path = "docs/x.md"): SourceFile => ({ path, text });
const fence = (language: string, ...lines: string[]): string =>
  ["```" + language, ...lines, "```", ""].join("\n");

Deno.test("a wrong type in a page is named by the page's line", async () => {
  const found = await typeErrors([page(`A page.\n\n${fence("ts", "const a = 1;", "const b: string = a;")}`)]);
  assert.match(found, /TS2322/);
  assert.match(found, /docs\/x\.md:5/);
});

Deno.test("fences of a page see the names before them, may declare them anew and repeat imports", async () => {
  const text = [
    fence("ts", "// a.ts", "export const a: number = 1;", "export const b: string = `b`;"),
    fence("ts", `import { a } from "./a.ts";`, "const c: number = await Promise.resolve(a);"),
    fence(
      "ts",
      `import {`,
      `  a,`,
      `  b,`,
      `} from "./a.ts";`,
      "const d: [number, string, number] = [a, b, c];",
    ),
    fence("ts", "const c: typeof d = d;"),
  ].join("\n");
  assert.equal(await typeErrors([page(text)]), "");
});

Deno.test("parts of a file are joined at their lines", () => {
  const text = [
    fence("ts", "// a.ts", "export const a = 1;"),
    fence("json", "// b.json", "{}"),
    fence("ts", "// a.ts", "export const b = 2;"),
    fence("ts", "const c = 3;"),
  ].join("");
  const { files } = codeOf(page(text));
  assert.equal(files.get("a.ts"), "\n// a.ts\nexport const a = 1;\n\n\n\n\n\n\n// a.ts\nexport const b = 2;");
  assert.equal(files.get("b.json"), "{}\n");
  assert.equal(files.get(pageProgram)?.split("\n")[13], "{const c = 3;");
});

Deno.test("commands of a page are read with what they must print", () => {
  const text = fence("sh", "deno test -A x.ts # a check", "ls") + fence("text", "ok | 1 passed");
  assert.deepEqual(codeOf(page(text)).commands, [
    { line: 2, args: ["test", "-A", "x.ts"], output: ["ok | 1 passed"] },
  ]);
});

Deno.test("code that users cannot import, a loose fence of a how-to and a wrong quotation are refused", () => {
  const complaints = (path: string, ...lines: string[]) =>
    codeComplaints(page(fence("ts", ...lines), path), () => "const a = 1;\nconst b = 2;");
  assert.match(complaints("docs/x.md", `import { z } from "zod";`)[0], /docs\/x\.md:2: imports zod/);
  assert.match(complaints("docs/x.md", `import "../src/data/mod.ts";`)[0], /imports \.\.\/src/);
  assert.deepEqual(complaints("docs/x.md", `import { Device } from "@llamero/sdk/gpu";`), []);
  assert.match(complaints("docs/howto/x.md", "const a = 1;")[0], /name the file/);
  assert.deepEqual(complaints("docs/howto/x.md", "// from src/a.ts", "const a = 1;", "const b = 2;"), []);
  assert.match(complaints("docs/howto/x.md", "// from src/a.ts", "const a = 2;")[0], /does not hold/);
});

Deno.test("a link that leads nowhere is refused", () => {
  const there: Record<string, string> = { "docs/a.md": "# A b\n\n## A b\n", "README.md": "" };
  const complaints = (text: string) => linkComplaints(page(text), (path) => there[path]);
  assert.deepEqual(complaints("[a](a.md#a-b) [b](a.md#a-b-1) [c](../README.md) [d](https://x.org/y)"), []);
  assert.match(complaints("[a](b.md)")[0], /docs\/x\.md:1: b\.md leads to no file/);
  assert.match(complaints("\n[a](a.md#c)")[0], /docs\/x\.md:2: a\.md#c leads to no heading/);
  assert.match(complaints("[a](#c)\n\n# d")[0], /#c leads to no heading/);
  assert.match(complaints("![a](b.svg)")[0], /b\.svg/);
  assert.match(complaints("[a][b]\n\n[b]: c.md")[0], /c\.md/);
  assert.deepEqual(complaints("`[a](b.md)`\n\n" + fence("md", "[a](b.md)")), []);
});

Deno.test("headings have GitHub's anchors", () => {
  const text = "# The `run()` verb: tokens, steps\n\n" + fence("sh", "# no heading") + "## [A](x.md) & B\n";
  assert.deepEqual(anchorsOf(text), ["the-run-verb-tokens-steps", "a--b"]);
});

Deno.test("a fence may hold shorter fences", () => {
  const [outer] = fencesOf("````md\n```ts\nx;\n```\n````\n");
  assert.deepEqual([outer.language, outer.text], ["md", "```ts\nx;\n```"]);
});
