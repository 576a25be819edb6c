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
import { contextUse } from "./quickstart/context.ts";
import { answerScores, conversations, items } from "./quickstart/subjects.ts";
import { tableScores } from "./quickstart/tables.ts";

const flags = z.strictObject({
  steps: z.int().min(1).default(800).describe("pretraining steps of 512 tokens"),
  tuneSteps: z.int().min(1).default(150).describe("instruction tuning steps"),
  out: z.string().default("out/quickstart").describe("folder of the saved model and of scores.json"),
});
const { steps, tuneSteps, out } = await readFlags(
  flags,
  "quickstart",
  "Makes a small LLaMA from Moby Dick, from text to saved model.",
);
const batchTokens = 512;
const started = performance.now();
const say = (text: string) => console.log(`\n${text}`);

await runMain(async () => {
  say("1. Data: Moby Dick by chapter; the last tenth is held out");
  const book = Dataset.sample("moby-dick");
  const train = book.take(121);
  const heldOut = book.skip(121);
  await train.preview(2).show();

  say("2. Tokenizer: byte-pair encoding with single digits, and bytes for rare characters");
  const tokenizer = await Tokenizer.train(train, { vocabSize: 1024 });
  await tokenizer.show("Llamas eat 1234 灌木.").show();
  const scores = await tableScores(train, heldOut, tokenizer);

  say("3. Model, and the cost of its training");
  const model = await Model.create({ dim: 128, layers: 4, heads: 4 }, {
    tokenizer,
    context: 128,
    name: "quickstart",
  });
  await model.plan({ tokens: steps * batchTokens, batchTokens }).show();

  say("4. Training: pretraining, then instruction tuning, in one chain");
  const tuning = items(await train.toArray());
  const questions = items(await heldOut.toArray()).slice(0, 40);
  await new Trainer(model, { checkpoint: `${out}/run` })
    .pretrain(train, { steps, batchTokens, learningRate: 3e-3, warmup: 30, validation: false })
    .instruct(conversations(tuning), {
      steps: tuneSteps,
      batchTokens: 1024,
      learningRate: 1e-3,
      warmup: 10,
      validation: false,
    })
    .run({ overwrite: true });

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

  say("6. Scores on held-out questions, before and after tuning");
  const chatTokenizer = model.tokenizer!; // has a chat template since the instruct stage
  base.tokenizer = chatTokenizer;
  const before = await answerScores(base, chatTokenizer, questions);
  const after = await answerScores(model, chatTokenizer, questions);
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  await showPicture(table([
    {
      score: "loss of the answer, nats per token",
      before: before.loss.toFixed(3),
      after: after.loss.toFixed(3),
    },
    {
      score: "the same after another question",
      before: before.otherLoss.toFixed(3),
      after: after.otherLoss.toFixed(3),
    },
    { score: "exact answers", before: percent(before.exact), after: percent(after.exact) },
    {
      score: "exact answers of always giving the most frequent one",
      before: percent(before.mostFrequent),
      after: percent(after.mostFrequent),
    },
    { score: "ends with EOS", before: percent(before.ended), after: percent(after.ended) },
  ]));
  const question = questions[0].prompt;
  console.log(`\n> ${question}`);
  console.log(
    `before: ${JSON.stringify(await base.chat(question, { maxTokens: 24, temperature: 0 }).text())}`,
  );
  console.log(
    `after:  ${JSON.stringify(await model.chat(question, { maxTokens: 24, temperature: 0 }).text())}`,
  );
  console.log(
    `\nfree text before tuning: ${
      JSON.stringify(await base.generate("The whale", { maxTokens: 40 }).text())
    }`,
  );

  await model.save(`${out}/model`);
  await Deno.writeTextFile(
    `${out}/scores.json`,
    JSON.stringify({ scores, context, before, after }, null, 2) + "\n",
  );
  const minutes = (performance.now() - started) / 60000;
  say(
    `The model is in ${out}/model (a Hugging Face folder), the scores are in ${out}/scores.json. It took ${
      minutes.toFixed(1)
    } minutes.`,
  );
});
