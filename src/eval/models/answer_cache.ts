/**
 * A cache of a model's answers on disk.
 *
 * A likelihood depends on weights, tokenizer, prompt and option alone, a text on the prompt and its decoding. A stopped
 * evaluation therefore continues where it was, and a repeated one asks only what is new.
 *
 * @module
 */
import { cacheHome, digest } from "../../base/cache.ts";
import { readText } from "../../formats/records/lines.ts";
import type { EvalModel } from "./eval_model.ts";

/** The answers of one model: a file of JSON lines `[hash of the question, answer]`, appended as they come. */
export class AnswerCache {
  readonly #path: string;
  readonly #answers: Map<string, unknown>;
  /** The text to write before the next line: a line end after a line that a killed process left unfinished. */
  #lineEnd: string;

  private constructor(path: string, answers: Map<string, unknown>, lineEnd: string) {
    this.#path = path;
    this.#answers = answers;
    this.#lineEnd = lineEnd;
  }

  /**
   * Opens the cache of a model in `folder` (default: `evaluation` in the SDK's cache folder). Returns undefined for a
   * model without `parameters`, and where reading or writing is not permitted.
   */
  static async of(model: EvalModel, folder?: string): Promise<AnswerCache | undefined> {
    if (typeof model.parameters !== "function" || !mayWrite(folder)) return undefined;
    const cacheFolder = folder ?? `${cacheHome()}/evaluation`;
    const path = `${cacheFolder}/${await keyOf(model)}.jsonl`;
    await Deno.mkdir(cacheFolder, { recursive: true });
    const text = await readText(path).catch(() => "");
    const answers = new Map(text.split("\n").flatMap((line) => entryOf(line)));
    return new AnswerCache(path, answers, text === "" || text.endsWith("\n") ? "" : "\n");
  }

  /**
   * Returns the answer to each question. `ask` gets the indexes of the questions that have none yet and returns their
   * answers, which are kept.
   */
  async answers<Answer>(
    questions: readonly unknown[],
    ask: (indexes: number[]) => Promise<Answer[]>,
  ): Promise<Answer[]> {
    const keys = await keysOf(questions);
    const open = [...keys.keys()].filter((i) => !this.#answers.has(keys[i]));
    if (open.length > 0) {
      const fresh = await ask(open);
      await this.#add(open.map((i, n) => [keys[i], fresh[n]]));
    }
    return keys.map((key) => this.#answers.get(key) as Answer);
  }

  /** Returns the known answers, undefined for the other questions. */
  async known<Answer>(questions: readonly unknown[]): Promise<(Answer | undefined)[]> {
    return (await keysOf(questions)).map((key) => this.#answers.get(key) as Answer | undefined);
  }

  /** Keeps one answer. */
  async keep(question: unknown, answer: unknown): Promise<void> {
    const [key] = await keysOf([question]);
    await this.#add([[key, answer]]);
  }

  /** Keeps answers. An undefined one serves this run and is asked for again by the next. */
  async #add(entries: [string, unknown][]): Promise<void> {
    for (const [key, answer] of entries) this.#answers.set(key, answer);
    const lines = entries.filter(([, answer]) => answer !== undefined).map((entry) =>
      `${JSON.stringify(entry)}\n`
    );
    await Deno.writeTextFile(this.#path, this.#lineEnd + lines.join(""), { append: true });
    this.#lineEnd = "";
  }
}

function keysOf(questions: readonly unknown[]): Promise<string[]> {
  return Promise.all(questions.map((question) => digest(JSON.stringify(question))));
}

/** Hashes everything that decides a model's answers: weights and their number format, configuration, own parts, tokenizer. */
async function keyOf(model: EvalModel): Promise<string> {
  const weights: string[] = [];
  for (const [name, data] of await model.parameters!()) {
    weights.push(`${name} ${await digest(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`);
  }
  const facts = [weights, model.config, model.tokenizer?.fingerprint];
  if (model.tokenizer?.addsBos === false) facts.push("no BOS");
  if (model.dtype !== undefined && model.dtype !== "f32") facts.push(model.dtype);
  // A model's own parts are functions, of which two may have one name: their texts count.
  return await digest(JSON.stringify(facts, (_, fact) => typeof fact === "function" ? String(fact) : fact));
}

/**
 * Returns true when the cache folder can be read and written without asking for a permission. The default folder needs
 * the environment, which names it.
 */
function mayWrite(folder: string | undefined): boolean {
  const granted = (permission: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(permission).state === "granted";
  if (folder === undefined && !granted({ name: "env" })) return false;
  const path = folder ?? cacheHome();
  return granted({ name: "write", path }) && granted({ name: "read", path });
}

function entryOf(line: string): [string, unknown][] {
  try {
    return line === "" ? [] : [JSON.parse(line)];
  } catch {
    return []; // a line that a killed process left unfinished
  }
}
