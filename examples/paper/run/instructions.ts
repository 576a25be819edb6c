/**
 * The instructions of a run: those to learn from, and those that are held out to be asked [paper 4].
 *
 * @module
 */
import { type Conversation, Dataset, type Model } from "@llamero/sdk";
import { withProgress } from "@llamero/sdk/display";
import type { RawFiles } from "./corpus.ts";
import type { RunFolder } from "./run_folder.ts";

/** An instruction that was not learned, with the answers to it. */
export interface Answered {
  /** The instruction. */
  prompt: string;
  /** The right answer. */
  right: string;
  /** The answer before tuning. */
  before: string;
  /** The answer after tuning. */
  after: string;
}

/** The answers to the held-out instructions. */
export interface Answers {
  /** All that were asked. */
  asked: Answered[];
}

/** Every so many instructions one is held out. */
const HELD_SHARE = 10;

/** Returns the instructions to learn from and the held-out ones. */
export async function instructions(
  raw: RawFiles,
): Promise<{ learned: Dataset<Conversation>; held: Conversation[] }> {
  const all = await Dataset.jsonl(raw.instructions).conversations().toArray();
  const isHeld = (i: number) => i % HELD_SHARE === HELD_SHARE - 1;
  const learned = all.filter((_, i) => !isHeld(i)).map(({ messages }, i) => ({
    id: `learned ${i}`,
    messages,
  }));
  return { learned: Dataset.from(learned).conversations(), held: all.filter((_, i) => isHeld(i)) };
}

/** Lets both models answer held-out instructions, greedily. */
export function ask(
  run: RunFolder,
  raw: RawFiles,
  { base, tuned }: { base: Model; tuned: Model },
): Promise<Answers> {
  const { askedInstructions } = run.settings;
  return run.stage({
    name: "answers",
    title: "Answers to held-out instructions, before and after tuning",
    after: ["instruct"],
    settings: { askedInstructions },
    files: [],
    async work() {
      base.tokenizer = tuned.tokenizer; // carries the chat template
      const { held } = await instructions(raw);
      const every = Math.max(1, Math.floor(held.length / askedInstructions));
      const chosen = held.filter((_, i) => i % every === 0).slice(0, askedInstructions);
      const asked: Answered[] = [];
      await withProgress("asking", { total: chosen.length, unit: "instruction" }, async (progress) => {
        for (const { messages: [{ content: prompt }, { content: right }] } of chosen) {
          const answer = async (model: Model) =>
            (await model.chat(prompt, { temperature: 0, maxTokens: 80 }).text()).trim();
          asked.push({ prompt, right: right.trim(), before: await answer(base), after: await answer(tuned) });
          progress.add();
        }
      });
      return { asked };
    },
  });
}
