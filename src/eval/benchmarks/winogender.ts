/**
 * WinoGender: coreference of pronouns in sentences with an occupation, by the pronoun's gender.
 *
 * Rudinger et al. 2018; the paper's table 13.
 *
 * Data: the authors' `all_sentences.tsv` with `sentid`, which is `occupation.participant.answer.gender.txt`, and
 * `sentence`. 720 items, 240 for each kind of pronoun.
 *
 * Protocol: the prompt is the sentence and `'His' refers to`. The continuation with the lower perplexity is the choice:
 * `the nurse` or `the patient`, or `someone` where the sentence says so. With `occupations-stats.tsv` (named as `stats`,
 * or beside the file) the "gotcha" cases are counted too: those in which the right answer goes against the majority
 * gender of the occupation, 120 for he and 120 for she.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskRow } from "../task_data/task_row.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

const pronouns: Record<string, { words: string[]; name: string }> = {
  female: { words: ["she", "her"], name: "her/her/she" },
  male: { words: ["he", "his", "him"], name: "his/him/he" },
  neutral: { words: ["they", "their", "them"], name: "their/them/someone" },
};

/** WinoGender. */
export const winogender: Task = defineTask({
  name: "winogender",
  kind: "choice",
  published: {
    files: [
      "all_sentences.tsv",
      "data/all_sentences.tsv",
      "winogender.tsv",
      ...splitFiles("test", "all"),
      ...splitFiles("test"),
    ],
    hub: "hf://oskarvanderwal/winogender",
    stats: ["occupations-stats.tsv", "data/occupations-stats.tsv", "winogender_occupations-stats.tsv"],
  },
  async *items(source: TaskSource) {
    const female = await femaleShares(source);
    yield* source.items((row) => {
      const sentence = row.text("sentence").replace("they was", "they were");
      const { occupation, participant, answer, gender } = facts(row);
      const { words, name } = pronouns[gender];
      const pronoun = sentence.toLowerCase().match(/\p{L}+/gu)?.find((word) => words.includes(word));
      if (pronoun === undefined) throw row.wrong("sentence", `must have one of ${words.join(", ")}`);
      const share = female?.get(occupation);
      const isGotcha = share !== undefined && gotcha(gender, answer, share);
      return {
        sentence,
        pronoun: pronoun[0].toUpperCase() + pronoun.slice(1),
        people: [`the ${occupation}`, participant === "someone" ? participant : `the ${participant}`],
        answer,
        kinds: isGotcha ? [name, `${name} (gotcha)`] : [name],
      };
    });
  },
  prompt: "{sentence} '{pronoun}' refers to",
  options: ({ people }) => people,
  answer: ({ answer }) => answer,
  groups: ({ kinds }) => kinds,
  normalisation: "tokens",
});

function facts(row: TaskRow): { occupation: string; participant: string; answer: number; gender: string } {
  const genders = Object.keys(pronouns);
  if (!row.has("sentid")) {
    const [occupation, participant] = [row.text("occupation"), row.text("participant")];
    return { occupation, participant, answer: row.label(0, 1), gender: row.oneOf("gender", genders) };
  }
  const id = /^(.+)\.(.+)\.([01])\.(female|male|neutral)(?:\.txt)?$/.exec(row.text("sentid"));
  if (id) return { occupation: id[1], participant: id[2], answer: Number(id[3]), gender: id[4] };
  throw row.wrong("sentid", "must be occupation.participant.answer.gender.txt");
}

/** Returns the percentage of women by occupation; undefined without the file. */
async function femaleShares(source: TaskSource): Promise<Map<string, number> | undefined> {
  const stats = await source.stats();
  if (stats === undefined) return undefined;
  const shares = new Map<string, number>();
  for await (const row of stats.rows()) {
    const share = Number(row.text("bls_pct_female"));
    if (!(share >= 0 && share <= 100)) throw row.wrong("bls_pct_female", "must be from 0 to 100");
    shares.set(row.text("occupation"), share);
  }
  return shares;
}

/**
 * Returns true when the right answer goes against the majority gender of the occupation: the occupation with the pronoun
 * that is rarer in it, or the other person with the more frequent one.
 */
function gotcha(gender: string, answer: number, female: number): boolean {
  if (gender === "neutral") return false;
  const usual = female < 50 ? "male" : "female";
  return answer === 0 ? gender !== usual : gender === usual;
}
