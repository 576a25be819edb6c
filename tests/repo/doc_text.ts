/**
 * The parts of an option's doc comment: its meaning, its default, the origin of the default and its unit.
 *
 * @module
 */

/** The parts of an option's comment. */
export interface OptionText {
  /** Meaning, without the default. */
  about: string;
  /** Default as text; missing where the comment names none. */
  fallback?: string;
  /** Origin of the default: `paper 2.3`, `ours`, or the work it is taken from. */
  origin?: string;
}

/** Returns a comment on one line, without links and without examples; paragraphs are kept apart by a line. */
export function plainText(doc: string): string {
  return doc.replace(/```[\s\S]*?```/g, "").replace(/\{@link(?:code)? ([^}|]+)(?:\|[^}]*)?\}/g, "$1")
    .split(/\n\s*\n/).map((part) => part.replace(/\s+/g, " ").trim()).filter(Boolean).join("\n");
}

/** Returns the first example of a comment. */
export function exampleOf(doc: string): string | undefined {
  return /```ts\n([\s\S]*?)```/.exec(doc)?.[1].trimEnd();
}

/** Returns the first sentence of a comment. */
export function sentenceOf(doc: string): string {
  const text = plainText(doc).split("\n")[0];
  return text.match(/^.*?[.](?=\s+[^a-z]|$)/)?.[0] ?? text;
}

const forms = [
  /\s*\(default:? (?!\[)((?:[^()]|\([^()]*\))+)\)/, // behind the meaning, in brackets
  /[;,] default:? (.+?)(?=\.(?:\s|$))/, // at the end of a sentence
  /(?:^|(?<=[.!]))\s*Default:? (.+?)\.(?=\s|$)/, // a sentence of its own
];

/** Takes an option's comment apart. */
export function optionText(doc: string): OptionText {
  const whole = plainText(doc).replaceAll("\n", " ");
  for (const form of forms) {
    const found = form.exec(whole);
    if (found) {
      const about = whole.replace(form, "").replace(/\s+/g, " ").replace(/ ([.;,])/g, "$1").trim();
      return { about, ...originOf(found[1]) };
    }
  }
  const word = /(`[^`]+`|"[^"]*") \(default[^)]*\)/.exec(whole);
  if (!word) return { about: whole };
  const mark = /\(default,? ?([^)]*)\)/.exec(word[0])![1];
  const about = whole.replace(/ \(default[^)]*\)/, "");
  return { about, ...originOf(mark ? `${word[1]}, ${mark}` : word[1]) };
}

/** Finds the mark of origin in a default's text: `[ours]`, `[paper 2.3]`, "as in CCNet"; without one it is ours. */
function originOf(text: string): { fallback: string; origin: string } {
  const mark = /,? ?\[([^\]"]+)\]/.exec(text) ?? /,? as in ([A-Z][A-Za-z0-9-]*(?:'s [a-z]+)?)/.exec(text);
  return mark ? { fallback: text.replace(mark[0], ""), origin: mark[1] } : { fallback: text, origin: "ours" };
}

const units: readonly (readonly [RegExp, string])[] = [
  [/FLOP\/s/, "FLOP/s"],
  [/kg (of )?CO2eq per kWh/, "kg CO2eq per kWh"],
  [/\bwatts\b|^Power of\b/, "W"],
  [/\bbytes\b/i, "bytes"],
  [/\bseconds\b/i, "s"],
  [/\bshares?\b/i, "share of 1"],
  [/\bprobabilit(y|ies)\b/i, "probability"],
  [/\btokens\b/i, "tokens"],
  [/\bpositions\b/i, "positions"],
  [/\bupdates\b/i, "updates"],
  [/\bsequences\b/i, "sequences"],
  [/\bpasses\b/i, "epochs"],
  [/\bcharacters\b/i, "characters"],
  [/\bwords\b/i, "words"],
  [/\bsentences\b/i, "sentences"],
  [/\bdocuments\b/i, "documents"],
  [/\brecords\b/i, "records"],
  [/\bwindows\b/i, "windows"],
  [/\bfiles\b/i, "files"],
  [/\bprocesses\b/i, "processes"],
  [/\bitems\b/i, "items"],
  [/\bexamples\b/i, "examples"],
  [/\btexts\b/i, "texts"],
  [/\bsteps?\b/i, "steps"],
];

/** Units of options whose meaning names something else first; empty for plain numbers. */
const unitsByName: Readonly<Record<string, string>> = {
  seed: "",
  repetitionPenalty: "",
  topP: "probability",
  minP: "share of the likeliest",
  skipSpikes: "standard deviations",
  workers: "threads",
  keep: "checkpoints",
  last: "checkpoints",
  unitBytes: "bytes",
  shardBytes: "bytes",
  vocabSize: "ids",
  context: "tokens",
  staging: "bytes/s",
  bandwidth: "bytes/s",
  maxPieceLength: "characters",
};

/** Returns the unit of a number: the first that its meaning names, in its first clause; empty for a plain number. */
export function unitOf(name: string, about: string): string {
  if (Object.hasOwn(unitsByName, name)) return unitsByName[name];
  const head = about.split(/[.;:,]/)[0];
  const found = units.flatMap(([pattern, unit]) => {
    const at = pattern.exec(head)?.index;
    return at === undefined ? [] : [{ at, unit }];
  });
  return found.sort((a, b) => a.at - b.at)[0]?.unit ?? "";
}
