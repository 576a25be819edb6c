/**
 * Tests in macros that the text alone decides: missing and starred arguments, empty and equal texts.
 *
 * @module
 */
import { booleanFalse, booleanTrue, noValue } from "./tex_definitions.ts";

/** A test: the number of texts that it reads, and the branches that follow. */
interface TextTest {
  readonly texts: number;
  /** T for the branch of success, F for the other one. */
  readonly branches: "TF" | "T" | "F";
  /** Returns the result; undefined where the text does not decide it. */
  readonly decide: (texts: readonly string[]) => boolean | undefined;
}

const isMissing = ([text]: readonly string[]) => text.trim() === noValue;
const isBlank = ([text]: readonly string[]) => text.trim() === "";
const isTrue = ([text]: readonly string[]) =>
  text.trim() === booleanTrue.trim() ? true : text.trim() === booleanFalse.trim() ? false : undefined;

function threeForms(name: string, decide: TextTest["decide"]): [string, TextTest][] {
  return (["TF", "T", "F"] as const).map((branches) => [name + branches, { texts: 1, branches, decide }]);
}

/** The tests by the names of their commands. */
export const textTests: ReadonlyMap<string, TextTest> = new Map<string, TextTest>([
  ...threeForms("IfNoValue", isMissing),
  ...threeForms("IfValue", (texts) => !isMissing(texts)),
  ...threeForms("IfBoolean", isTrue),
  ...threeForms("IfBlank", isBlank),
  ["ifblank", { texts: 1, branches: "TF", decide: isBlank }],
  ["ifstrempty", { texts: 1, branches: "TF", decide: ([text]) => text === "" }],
  ["ifstrequal", { texts: 2, branches: "TF", decide: ([one, other]) => one === other }],
  ["ifthenelse", { texts: 1, branches: "TF", decide: ([text]) => decideEqual(text) }],
]);

/** Decides `\equal{a}{b}` and `\isempty{a}` of texts without commands. */
function decideEqual(text: string): boolean | undefined {
  const found = /^\s*(\\not\s*)?\\(?:equal\s*\{([^{}\\]*)\}\s*\{([^{}\\]*)\}|isempty\s*\{([^{}\\]*)\})\s*$/
    .exec(text);
  if (!found) return undefined;
  const [, not, one, other, only] = found;
  return (only === undefined ? one === other : only === "") !== (not !== undefined);
}
