/**
 * Runs the whole recipe on one book: tokenizer, pretraining, instruction tuning, scores, a saved model.
 *
 *     deno task quickstart
 *     deno run -A examples/quickstart.ts --steps 2000 --out out/longer
 *
 * @module
 */
import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
import { showPicture, table } from "@llamero/sdk/display";
import { z } from "zod";
import { readFlags } from "./cli/args.ts";
import { runMain } from "./cli/main.ts";
import { answerScores } from "./quickstart/answers.ts";
import { contextUse } from "./quickstart/context.ts";
import { conversations, heldOutItems, items } from "./quickstart/questions.ts";
import { tableScores } from "./quickstart/tables.ts";
import {
  answersTable,
  estimate,
  introduction,
  nextSteps,
  prospect,
  scoresTable,
} from "./quickstart/words.ts";

const flags = z.strictObject({
  steps: z.int().min(1).default(800).describe("pretraining steps of 512 tokens"),
  tuneSteps: z.int().min(1).default(600).describe("instruction tuning steps of 512 tokens"),
  out: z.string().default("out/quickstart").describe("folder of the saved model and of scores.json"),
  log: z.string().default("").describe(
    "log of every event, a file of JSON lines: jsonl for events.jsonl beside the checkpoints, or a path that ends in .jsonl",
  ),
});
const { steps, tuneSteps, out, log } = await readFlags(
  flags,
  "quickstart",
  "Makes a small LLaMA from Moby Dick, from text to saved model.",
);
const batchTokens = 512;
const vocabSize = 1024;
const started = performance.now();
const say = (text: string) => console.log(`\n${text}`);

await runMain(async () => {
  console.log(introduction);
  const shape = { dim: 128, layers: 4, heads: 4, vocabSize };
  const model = await Model.create(shape, { context: 128, name: "quickstart" });
  const seconds = await estimate(model, (steps + tuneSteps) * batchTokens, batchTokens);
  console.log(prospect({ seconds, device: model.device.adapter, out }));

  say("1. Text: Moby Dick by chapter; the last tenth is held out");
  const book = Dataset.sample("moby-dick");
  const train = book.take(121);
  const heldOut = book.skip(121);
  await train.preview(2).show();

  say("2. Tokenizer: byte-pair encoding with single digits, and bytes for rare characters");
  const tokenizer = await Tokenizer.train(train, { vocabSize });
  await tokenizer.show("Llamas eat 1234 灌木.").show();
  const scores = await tableScores(train, heldOut, tokenizer);

  say("3. Model, and the cost of its training");
  model.tokenizer = tokenizer;
  await model.plan({ tokens: steps * batchTokens, batchTokens }).show();

  say("4. Training: pretraining on the text, then instruction tuning on questions about its sentences");
  const questions = items(await train.toArray());
  const asked = heldOutItems(await heldOut.toArray(), questions);
  const run = await new Trainer(model, { checkpoint: `${out}/run`, ...(log && { log }) })
    .pretrain(train, { steps, batchTokens, learningRate: 3e-3, warmup: 30, validation: false })
    .instruct(conversations(questions), {
      steps: tuneSteps,
      batchTokens,
      learningRate: 3e-3,
      warmup: 10,
      validation: false,
    })
    .run({ overwrite: true });
  if (run.status === "stopped") {
    say(`Stopped. The same command starts anew; what was trained is in ${out}/run.`);
    return 130;
  }

  say("5. Scores of the pretrained model on the held-out tenth");
  const base = await Model.load(`${out}/run/pretrain`);
  const { loss, bitsPerByte } = await base.loss(heldOut);
  scores.push({ who: `LLaMA after ${steps} steps`, nats: loss, bits: bitsPerByte });
  await showPicture(
    table(scores.map(({ who, nats, bits }) => ({ who, "nats per token": nats, "bits per byte": bits }))),
  );
  const context = await contextUse(base, tokenizer, heldOut);
  console.log(
    `A token costs ${context.own.toFixed(3)} nats after its own context and ${
      context.other.toFixed(3)
    } after another chapter's with the same last token (${context.tokens} tokens): the difference comes from ` +
      "earlier tokens.",
  );

  say("6. Answers to held-out questions, before and after tuning");
  const chatTokenizer = model.tokenizer; // has a chat template since the instruct stage
  base.tokenizer = chatTokenizer;
  const before = await answerScores(base, chatTokenizer, asked);
  const after = await answerScores(model, chatTokenizer, asked);
  for (const { prompt } of asked.slice(0, after.kinds.length)) { // one of each kind
    const answer = async (of: Model) =>
      (await of.chat(prompt, { maxTokens: 24, temperature: 0 }).text()).trim();
    console.log(
      `\n> ${prompt}\n  before: ${JSON.stringify(await answer(base))}\n  after:  ${await answer(model)}`,
    );
  }
  console.log();
  await showPicture(scoresTable(before, after));
  console.log();
  await showPicture(answersTable(after));

  await model.save(`${out}/model`);
  await Deno.writeTextFile(
    `${out}/scores.json`,
    JSON.stringify({ scores, context, before, after }, null, 2) + "\n",
  );
  say(nextSteps({ out, seconds: (performance.now() - started) / 1000 }));
});
