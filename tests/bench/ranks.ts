/**
 * Weak scaling on this machine: ranks of one core each, against one rank on one core.
 *
 * @module
 */
import { openMpi } from "../support/mpi.ts";
import { finish, here } from "./child.ts";
import type { Figure, Section } from "./figure.ts";
import type { RanksAnswer } from "./ranks_child.ts";
import { median, ratios, showRatio, spread } from "./statistics.ts";
import { checkLosses } from "./step.ts";

/** Steps of each process, after two that warm up. */
const steps = 8;

/** Measures one and two ranks in turns. */
export async function ranksSection(rounds: number): Promise<Section> {
  const about =
    "The step of the bench model. Each rank has one core and one thread of the software adapter " +
    "(LP_NUM_THREADS=1), and 8 sequences of its own. The ratio is that of tokens a second in the same round.";
  const name = "Several processes";
  if (openMpi.ignore) return { name, about: `${about} Not measured: ${openMpi.reason.trim()}.`, figures: [] };
  const one: RanksAnswer[] = [];
  const two: RanksAnswer[] = [];
  for (let round = 0; round < rounds; round++) {
    one.push(await answerOf(1));
    two.push(await answerOf(2));
  }
  return { name, about, figures: [figureOf("one rank, one core", one, ""), ...twoRanks(one, two)] };
}

function figureOf(name: string, answers: readonly RanksAnswer[], note: string): Figure {
  const ms = spread(answers.map(({ stepMs }) => stepMs));
  const value = median(answers.map(speedOf));
  const losses = answers.map(({ losses }) => checkLosses(losses)).find((text) => text !== "losses ok");
  return { name, value, unit: "tok/s", ms, note: [note, losses ?? "losses ok"].filter(Boolean).join("; ") };
}

/** Returns the speed of two ranks beside that of one, and the parts of their steps without computation. */
function twoRanks(one: readonly RanksAnswer[], two: readonly RanksAnswer[]): Figure[] {
  const speedUp = ratios(two.map(speedOf), one.map(speedOf));
  const share = (name: string, of: (answer: RanksAnswer) => number): Figure => {
    const { median: middle, low, high } = spread(two.map((answer) => 100 * of(answer)));
    const note = `${middle.toFixed(0)} % (${low.toFixed(0)}-${high.toFixed(0)}) of the step`;
    return { name, value: median(two.map((answer) => of(answer) * answer.stepMs)), unit: "ms", note };
  };
  return [
    figureOf("two ranks, a core each", two, `${showRatio(speedUp)} the tokens of one`),
    share("two ranks: no computation", ({ overhead }) => overhead),
    share("two ranks: exchanges under way", ({ exchanging }) => exchanging),
  ];
}

function speedOf({ tokens, stepMs }: RanksAnswer): number {
  return tokens / stepMs * 1e3;
}

/** Runs so many ranks, each on the core of its number, and returns the answer of the first. */
async function answerOf(ranks: number): Promise<RanksAnswer> {
  const env = { LP_NUM_THREADS: "1" };
  const rank = (core: number) => [
    "taskset",
    "-c",
    `${core}`,
    Deno.execPath(),
    "run",
    "-A",
    `--config=${here("../../deno.json")}`,
    here("ranks_child.ts"),
    `${steps}`,
  ];
  const [program, ...options] = openMpi.command;
  const each = Array.from({ length: ranks }, (_, core) => [...core ? [":"] : [], "-n", "1", ...rank(core)]);
  const [command, ...args] = ranks === 1 ? rank(0) : [program, ...options, ...each.flat()];
  const out = await finish(command, args, { env }, 300);
  return JSON.parse(out.trim().split("\n").at(-1)!) as RanksAnswer;
}
