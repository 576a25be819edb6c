/**
 * What a model answered, kept on disk: a likelihood is a function of weights, tokenizer, prompt and option, a text of the
 * prompt and the way it is drawn. So an evaluation that was stopped goes on where it was, and one that is repeated asks
 * only what is new.
 *
 * @module
 */
import { cacheHome, digest } from "../../base/cache.ts";
import { readText } from "../../formats/records/lines.ts";
import type { EvalModel } from "./eval_model.ts";

/** The answers of one model: a file of JSON lines, to which answers are added as they come. */
export class ItemCache {
  readonly #path: string;
  readonly #known: Map<string, unknown>;
  /** What must be written before the next line: a line end, where a process was killed in the middle of a line. */
  #gap: string;

  private constructor(path: string, known: Map<string, unknown>, gap: string) {
    this.#path = path;
    this.#known = known;
    this.#gap = gap;
  }

  /**
   * The cache of a model in `folder` (default: `evaluation` in the SDK's cache folder). Undefined for a model whose
   * weights cannot be looked at, and where writing is not allowed.
   */
  static async of(model: EvalModel, folder?: string): Promise<ItemCache | undefined> {
    if (typeof model.parameters !== "function" || !mayWrite(folder)) return undefined;
    const place = folder ?? `${cacheHome()}/evaluation`;
    const path = `${place}/${await keyOf(model)}.jsonl`;
    await Deno.mkdir(place, { recursive: true });
    const text = await readText(path).catch(() => "");
    const known = new Map(text.split("\n").flatMap((line) => entryOf(line)));
    return new ItemCache(path, known, text === "" || text.endsWith("\n") ? "" : "\n");
  }

  /** The answer to each question, and what `ask` gives for those that have none yet. */
  async answers<Question, Answer>(
    questions: readonly Question[],
    ask: (questions: Question[]) => Promise<Answer[]>,
  ): Promise<Answer[]> {
    const keys = await keysOf(questions);
    const open = [...keys.keys()].filter((i) => !this.#known.has(keys[i]));
    if (open.length > 0) {
      const fresh = await ask(open.map((i) => questions[i]));
      await this.#add(open.map((i, n) => [keys[i], fresh[n]]));
    }
    return keys.map((key) => this.#known.get(key) as Answer);
  }

  /** The answers that are known, undefined for the others. */
  async known<Answer>(questions: readonly unknown[]): Promise<(Answer | undefined)[]> {
    return (await keysOf(questions)).map((key) => this.#known.get(key) as Answer | undefined);
  }

  /** Keeps an answer that came while others are still being asked for. */
  async keep(question: unknown, answer: unknown): Promise<void> {
    const [key] = await keysOf([question]);
    await this.#add([[key, answer]]);
  }

  /** Keeps answers; one that is undefined is used now and asked again another time. */
  async #add(entries: [string, unknown][]): Promise<void> {
    for (const [key, answer] of entries) this.#known.set(key, answer);
    const lines = entries.filter(([, answer]) => answer !== undefined).map((entry) =>
      `${JSON.stringify(entry)}\n`
    );
    await Deno.writeTextFile(this.#path, this.#gap + lines.join(""), { append: true });
    this.#gap = "";
  }
}

function keysOf(questions: readonly unknown[]): Promise<string[]> {
  return Promise.all(questions.map((question) => digest(JSON.stringify(question))));
}

/** A hash of all that decides what a model answers. */
async function keyOf(model: EvalModel): Promise<string> {
  const weights: string[] = [];
  for (const [name, data] of await model.parameters!()) {
    weights.push(`${name} ${await digest(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`);
  }
  return await digest(JSON.stringify([weights, model.config, model.tokenizer?.fingerprint]));
}

/** True where nobody has to be asked; the place of the cache folder stands in the environment. */
function mayWrite(folder: string | undefined): boolean {
  const granted = (wanted: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(wanted).state === "granted";
  if (folder === undefined && !granted({ name: "env" })) return false;
  const path = folder ?? cacheHome();
  return granted({ name: "write", path }) && granted({ name: "read", path });
}

function entryOf(line: string): [string, unknown][] {
  try {
    return line === "" ? [] : [JSON.parse(line)];
  } catch {
    return []; // a line that was being written when the process was killed
  }
}
