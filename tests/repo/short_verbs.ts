/**
 * The methods of the five classes that need no progress, with the reason.
 *
 * @module
 */

/** Methods of the five classes that are no long verbs, by the reason. */
export const otherVerbs: Readonly<Record<string, readonly string[]>> = {
  "plans: nothing is read or run before a terminal verb": [
    ..."text lines jsonl csv parquet from commonCrawl c4 github wikipedia books arxiv stackExchange llama mix concat"
      .split(" ").map((name) => `Dataset.${name}`),
    ..."tokens map filter shuffle take skip split language clean quality cache conversations tokenize"
      .split(" ").map((name) => `Dataset.${name}`),
    "Trainer.pretrain",
    "Trainer.instruct",
    "Trainer.evaluate",
    "Evaluator.add",
    "Evaluator.suite",
  ],
  "a look at what is known": [
    ..."picture toJSON".split(" ").flatMap((name) =>
      ["Dataset", "Tokenizer", "Model", "Trainer", "Evaluator"].map((owner) => `${owner}.${name}`)
    ),
    "Model.summary",
    ..."tokenOf idOf isSpecial show pieces job".split(" ").map((name) => `Tokenizer.${name}`),
  ],
  "synchronous, of one text or one vocabulary": [
    ..."encode decode decoder chat withTemplate withEosIds fromPieces fromJSON"
      .split(" ").map((name) => `Tokenizer.${name}`),
  ],
  "synchronous, in memory": ["Model.dispose", "Model.setParameters"],
  "a vocabulary of a few megabytes": ["Tokenizer.save"],
  "copied on the GPU": ["Model.clone"],
  "its card is that of the run, tests/train/launch_run_test.ts": ["Trainer.launch"],
  "the work of run, shared by ranks": ["Evaluator.runOnRanks"],
  "a text of help that is built in": [
    "Dataset.help",
    "Tokenizer.help",
    "Model.help",
    "Trainer.help",
    "Evaluator.help",
  ],
};
