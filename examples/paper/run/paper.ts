/**
 * The whole run, stage by stage, and the page that it ends with.
 *
 * @module
 */
import type { Tokenizer } from "@llamero/sdk";
import { type Picture, showPicture } from "@llamero/sdk/display";
import { figureFiles, htmlPage, markdownPage, type Page } from "../page/page.ts";
import { modelTable, timesSection } from "../page/model_table.ts";
import {
  answersTable,
  besideGuess,
  cleaningTable,
  dataTable,
  guessSentence,
  lossTable,
  type PaperFacts,
  scoreTable,
  sections,
} from "../page/sections.ts";
import { rowNames, score } from "./benchmarks.ts";
import { cleanCorpus, makeRaw } from "./corpus.ts";
import { ask } from "./instructions.ts";
import { mixSources, pretrain, trainTokenizer, tune } from "./learn.ts";
import { type RunFolder, writeText } from "./run_folder.ts";
import { save } from "./saved.ts";

/** Runs every stage that has no result yet, and writes the page. */
export async function runPaper(run: RunFolder): Promise<Page> {
  const raw = await makeRaw(run);
  const corpus = await cleanCorpus(run, raw);
  await showPicture(cleaningTable(corpus));
  const { tokenizer, facts: tokenizerFacts } = await trainTokenizer(run);
  const tokens = specimen(tokenizer);
  await showPicture(tokens);
  const shares = await mixSources(run, tokenizer);
  await showPicture(dataTable(raw, corpus, shares));
  const { model: base, facts: pretrainFacts } = await pretrain(run, tokenizer);
  await showPicture(modelTable(run.settings, pretrainFacts));
  await showPicture(lossTable(pretrainFacts));
  const { model: tuned, facts: tuneFacts } = await tune(run, raw);
  const names = rowNames(pretrainFacts.parameters);
  const scores = await score(run, { base, tuned }, names);
  await showPicture(scores.base.compare().picture());
  await showPicture(scoreTable(scores.mmlu, 10));
  const answers = await ask(run, raw, { base, tuned });
  await showPicture(answersTable(answers));
  const saved = await save(run, [scores.base, scores.mmlu]);
  const page = paperPage(run, {
    ...{ settings: run.settings, raw, corpus, shares, names, scores, answers, saved },
    ...{ tokenizer: tokenizerFacts, tokens, pretrain: pretrainFacts, tune: tuneFacts },
  }, base.device.adapter);
  await writePage(run, page);
  return page;
}

/** Returns the tokens of a text with words, a number and rare characters. */
export function specimen(tokenizer: Tokenizer): Picture {
  return tokenizer.show("Llamas eat 1234 灌木.").picture();
}

/** Returns the page of a run. */
export function paperPage(run: RunFolder, facts: PaperFacts, adapter: string): Page {
  const { pretrain, tune, names, settings } = facts;
  return {
    title: "The LLaMA paper in miniature",
    own: "yours ",
    head: [
      "One command made everything on this page, from seven raw sources to the last table: data, tokenizer, model, " +
      "training, scores, files. It follows [Touvron et al. 2023](https://arxiv.org/abs/2302.13971), section by section.",
      "The world that all texts and questions speak of is made up, and small. The benchmarks have the formats, prompts " +
      "and rules of the published ones, but their questions are about this world: a score here and a score of the " +
      `paper measure different things. The model is tiny (${
        names.base.slice("yours ".length)
      } parameters), its items ` +
      `are few, and its intervals are wide. ${guessSentence(besideGuess(facts.scores.base))}`,
      `The rows that begin with "${names.base}" are this run's; the others are printed in the paper. The name with ` +
      "-I is the model after instruction tuning.",
      `Settings: seed ${settings.world.seed}, context ${settings.context}, vocabulary ${settings.vocabSize}, ` +
      `${settings.pretrain.steps} steps of pretraining, ${settings.instruct.steps} of tuning.`,
    ],
    sections: [...sections(facts), timesSection({ pretrain, tune, adapter }, run.records)],
  };
}

/** Writes the page as HTML and as Markdown with its figures, each file whole or not at all. */
export async function writePage(run: RunFolder, page: Page): Promise<void> {
  for (const [name, svg] of Object.entries(figureFiles(page))) await writeText(run.at(name), svg);
  await writeText(run.at("README.md"), markdownPage(page));
  await writeText(run.at("index.html"), htmlPage(page));
}
