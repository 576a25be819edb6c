/**
 * The register table of every kernel on GPUs that are not there, by Mesa's compiler for AMD.
 *
 *     deno task isa                              the families shared and plain, on all cards
 *     deno task isa --family shared --card navi21,gfx1100
 *     deno task isa --only attention             kernels whose names hold a text
 *     deno task isa --only "attention E=64" --assembly
 *     deno task isa --report docs/performance.md writes the tables between the marks of a page
 *
 * Needs Debian's gcc, libvulkan-dev and mesa-vulkan-drivers.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { KernelFamily } from "../../src/gpu/mod.ts";
import { mesaVersion } from "../bench/machine.ts";
import { withReport } from "../bench/report.ts";
import { type Card, cards, compileFor, obstacle } from "./cards.ts";
import { type Compiled, registerTable, tableNote } from "./register_table.ts";

const { values: flags } = parseArgs({
  options: {
    card: { type: "string", default: Object.keys(cards).join(",") },
    family: { type: "string", default: "shared,plain" },
    only: { type: "string", default: "" },
    assembly: { type: "boolean", default: false },
    report: { type: "string" },
  },
});

/** Returns the parts of a flag's value; one that is not known ends the program. */
function partsOf<Name extends string>(flag: string, value: string, known: readonly Name[]): Name[] {
  const names = value.split(",");
  const unknown = names.find((name) => !known.includes(name as Name));
  if (unknown === undefined) return names as Name[];
  console.error(`--${flag} must be of ${known.join(", ")}, current value is ${unknown}`);
  Deno.exit(2);
}

const chosen = partsOf("card", flags.card, Object.keys(cards) as Card[]);
const families = partsOf<KernelFamily>("family", flags.family, ["shared", "plain"]);
const reason = await obstacle();
if (reason) {
  console.error(`The register table ${reason}`);
  Deno.exit(1);
}

const parts: string[] = [];
for (const family of families) {
  const compiled: Compiled = {};
  for (const card of chosen) {
    compiled[card] = (await compileFor(card, family)).filter(({ name }) => name.includes(flags.only));
  }
  const text = registerTable(compiled);
  console.log(`Family ${family}. ${tableNote(compiled)}\n\n${text}\n`);
  parts.push(`### Family ${family}\n\n${tableNote(compiled)}\n\n\`\`\`\n${text}\n\`\`\``);
  if (!flags.assembly) continue;
  for (const card of chosen) {
    for (const { name, assembly } of compiled[card]!) console.log(`${cards[card]}: ${name}\n${assembly}\n`);
  }
}

if (flags.report !== undefined) {
  const head =
    `Compiled ${new Date().toISOString().slice(0, 10)} by Mesa ${
      await mesaVersion() ?? "of unknown version"
    }, Deno ${Deno.version.deno}, with\n\n` +
    `    deno task isa --report docs/performance.md`;
  const page = await Deno.readTextFile(flags.report);
  await Deno.writeTextFile(flags.report, withReport(page, [head, ...parts].join("\n\n") + "\n", "registers"));
  console.log(`Written into ${flags.report}.`);
}
