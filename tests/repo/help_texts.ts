/**
 * The texts of `help()`: verbs from the classes, meanings from their doc comments, defaults from the schemas.
 *
 *     deno task help      writes src/.../*_help.json
 *
 * Nothing is written twice: a doc comment is what an editor shows, what the API site shows and what `help()` shows.
 *
 * @module
 */
import { z } from "zod";
import { schemaOf } from "../../src/base/schema.ts";
import type { HelpKeys, HelpOption, HelpTexts, HelpVerb } from "../../src/display/help.ts";
import {
  type DocComment,
  type DocMethod,
  DocNodes,
  type DocParam,
  type DocProperty,
  type DocType,
} from "./doc_nodes.ts";
import { exampleOf, optionText, plainText, sentenceOf, unitOf } from "./doc_text.ts";
import { verbLists } from "./help_lists.ts";
import { readTree, root } from "./tree.ts";

/** The five classes and the files of their texts. */
export const files: Readonly<Record<string, string>> = {
  Dataset: "src/data/dataset_help.json",
  Tokenizer: "src/tokenizer/tokenizer_help.json",
  Model: "src/model/model_help.json",
  Trainer: "src/train/trainer_help.json",
  Evaluator: "src/eval/evaluator_help.json",
};

/** Texts with what is wrong with their sources. */
export interface Made {
  /** The texts by class. */
  texts: Record<string, HelpTexts>;
  /** Doc comments to mend. */
  complaints: string[];
}

/** Makes the texts of all classes. */
export async function makeTexts(): Promise<Made> {
  await Promise.all(modulesWithSchemas().map((path) => import(`${root}/${path}`)));
  const maker = new Maker(await DocNodes.read());
  const texts = Object.fromEntries(Object.keys(files).map((name) => [name, maker.texts(name)]));
  return { texts, complaints: maker.complaints };
}

/** Returns the text of a file of texts. */
export function fileText(texts: HelpTexts): string {
  return JSON.stringify(texts, null, 2) + "\n";
}

function modulesWithSchemas(): string[] {
  const isOne = ({ text }: { text: string }) => /optionsSchema<\w+>\(\s*"/.test(text);
  return readTree("src", (path) => path.endsWith(".ts")).filter(isOne).map(({ path }) => path);
}

/** Makes texts, and collects complaints about doc comments. */
export class Maker {
  /** Doc comments to mend. */
  readonly complaints: string[] = [];

  /** Takes the declarations and, for tests, another place to look for schemas. */
  constructor(
    readonly nodes: DocNodes,
    readonly schemas: (name: string) => z.ZodType | undefined = schemaOf,
  ) {}

  /** Makes the texts of a class. */
  texts(name: string): HelpTexts {
    const { jsDoc, def } = this.nodes.get(name)!;
    const makers = (def.constructors ?? []).filter(({ accessibility }) => !accessibility).map((one) => ({
      ...{ kind: "constructor", name: "constructor", jsDoc: one.jsDoc, isStatic: true },
      functionDef: { params: one.params },
    }));
    const shown = (this.nodes.get("Displayable")?.def.methods ?? []).filter((own) => own.name === "show");
    const methods = [...makers, ...def.methods ?? [], ...shown]
      .filter((own) => !("accessibility" in own && own.accessibility) && !own.name.startsWith("["))
      .filter(({ kind }) => kind !== "setter");
    const verbs = [...Map.groupBy(methods, ({ name, isStatic }) => `${name} ${isStatic}`)]
      .map(([, same]) => this.#verb(name, same));
    const facts = (def.properties ?? []).filter(({ accessibility }) => !accessibility)
      .map((own) => this.#fact(name, own));
    return { name, about: sentenceOf(jsDoc?.doc ?? ""), verbs: sorted([...verbs, ...facts]) };
  }

  #fact(owner: string, { name, jsDoc, tsType }: DocProperty): HelpVerb {
    const about = this.#text(`${owner}.${name}`, jsDoc?.doc);
    return { name, kind: "fact", call: name, gives: this.nodes.typeText(tsType), about, options: [] };
  }

  #verb(owner: string, overloads: DocMethod[]): HelpVerb {
    const { name, kind, isStatic } = overloads[0];
    const path = `${owner}.${name}`;
    const doc = overloads.find(({ jsDoc }) => jsDoc?.doc)?.jsDoc;
    const longest = overloads.toSorted((a, b) => paramsOf(b).length - paramsOf(a).length)[0];
    const params = paramsOf(longest);
    const about = this.#text(path, doc?.doc);
    const more = plainText(doc?.doc ?? "").slice(about.length).trim();
    const example = exampleOf(doc?.doc ?? "");
    const result = overloads.find(({ functionDef }) => functionDef.returnType)?.functionDef.returnType;
    const throws = (doc?.tags ?? []).filter(({ kind }) => kind === "throws").map((tag) => this.#throws(tag));
    const keys = this.#keysOfParams(params, path);
    const lists = verbLists[path] ?? [];
    return {
      name,
      kind: kind === "getter" ? "fact" : kind === "constructor" ? kind : isStatic ? "static" : "verb",
      call: kind === "getter" ? name : callOf(owner, name, kind, isStatic, params),
      ...{ gives: kind === "constructor" ? owner : this.nodes.typeText(result), about },
      ...(more && { more }),
      ...(throws.length && { throws }),
      options: this.#options(overloads, path),
      ...(keys.length && { keys }),
      ...(lists.length && { lists }),
      ...(example && { example }),
    };
  }

  #throws({ doc = "", ...tag }: { doc?: string; tsType?: DocType }): string {
    return `${this.nodes.typeText(tag.tsType)} ${plainText(doc)}`.trim();
  }

  /** Returns the keys of a shape that a verb takes beside a name, and those of named sources. */
  #keysOfParams(params: readonly DocParam[], path: string): HelpKeys[] {
    return params.flatMap(({ name = "", tsType }) => {
      const parts = tsType?.kind === "union" ? tsType.value as DocType[] : [tsType];
      const keyed = parts.find((part) => /^(ModelShape|LlamaSources)$/.test(part?.repr ?? ""));
      return keyed ? [{ of: name, options: this.#rows(keyed, path) }] : [];
    });
  }

  #options(overloads: DocMethod[], path: string): HelpOption[] {
    const remarks = overloads.flatMap(({ jsDoc }) => jsDoc?.tags ?? []).map(({ doc = "" }) => doc).join(" ");
    const lists = overloads.flatMap(paramsOf).filter(({ name }) => /^(options|run|second)$/.test(name ?? ""))
      .map(({ tsType }) => this.#rows(tsType, path, "", remarks));
    return lists.sort((a, b) => b.length - a.length)[0] ?? [];
  }

  #rows(type: DocType | undefined, path: string, prefix = "", remarks = ""): HelpOption[] {
    const found = this.nodes.options(type);
    if (!found) return [];
    this.#compareKeys(found, path);
    const defaults = this.#defaults(found.name);
    return found.properties.flatMap((property) => {
      const described = property.jsDoc?.doc
        ? property
        : { ...property, jsDoc: remarkOf(property.name, remarks) };
      const row = this.#row(described, `${path}.${prefix}${property.name}`, defaults);
      const inner = prefix ? [] : this.#innerRows(property, path);
      return [{ ...row, name: prefix + row.name }, ...inner];
    });
  }

  /** Complains of options that the schema has and the interface lacks, and the reverse. */
  #compareKeys({ name, properties }: { name?: string; properties: DocProperty[] }, path: string): void {
    const schema = name === undefined ? undefined : this.schemas(name);
    if (name?.endsWith("Options") && !schema) this.complaints.push(`${path}: ${name} has no named schema`);
    if (!schema) return;
    const { properties: keys = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    const named = properties.map((property) => property.name);
    const differing = new Set(Object.keys(keys)).symmetricDifference(new Set(named));
    if (differing.size) {
      this.complaints.push(`${path}: ${name} and its schema differ in ${[...differing].join(", ")}`);
    }
  }

  /** Returns the rows of the options in an option: `keep.last`. */
  #innerRows({ name, tsType }: DocProperty, path: string): HelpOption[] {
    const parts = tsType?.kind === "union" ? tsType.value as DocType[] : [tsType];
    const inner = parts.find((part) => part?.kind === "typeLiteral" || innerNames.test(part?.repr ?? ""));
    if (!inner || !this.nodes.options(inner)?.properties.every(({ jsDoc }) => jsDoc?.doc)) return [];
    return this.#rows(inner, path, `${name}.`);
  }

  #row(property: DocProperty, path: string, defaults: ReadonlyMap<string, unknown>): HelpOption {
    const { about, fallback, origin } = optionText(this.#docOf(property));
    if (!about) this.complaints.push(`${path} has no doc comment`);
    const type = this.nodes.typeText(property.tsType);
    const unit = /\bnumber\b/.test(type) ? unitOf(property.name, about) : "";
    const own = defaults.get(property.name);
    const wrong = own !== undefined && disagrees(own, fallback);
    if (wrong) {
      this.complaints.push(
        `${path}: the default is ${JSON.stringify(own)}, its doc comment says ${fallback}`,
      );
    }
    return {
      ...{ name: property.name, type },
      ...(!property.optional && { required: true }),
      ...(fallback !== undefined && { fallback, origin }),
      ...(unit && { unit }),
      about,
    };
  }

  /** Returns a doc comment; one that says "As in Other." has the text of that interface's. */
  #docOf({ name, jsDoc, tsType }: DocProperty): string {
    const doc = jsDoc?.doc ?? "";
    const other = /^As in (\w+)\.$/.exec(plainText(doc))?.[1];
    const found = other && this.nodes.get(other)?.def.properties?.find((property) => property.name === name);
    if (found) return found.jsDoc?.doc ?? "";
    return doc === "" && tsType?.repr === "AbortSignal" ? "Stops the work; it rejects with its reason." : doc;
  }

  #defaults(name: string | undefined): ReadonlyMap<string, unknown> {
    const schema = name === undefined ? undefined : this.schemas(name);
    if (!schema) return new Map();
    const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    return new Map(
      Object.entries(properties).map(([key, value]) => [key, (value as { default?: unknown }).default]),
    );
  }

  #text(path: string, doc: string | undefined): string {
    if (!doc) this.complaints.push(`${path} has no doc comment`);
    return sentenceOf(doc ?? "");
  }
}

/** Types whose keys are shown one by one under the option that takes them. */
const innerNames = /(Options|Fields|PlanParallel|NetworkFigures)$/;

function paramsOf({ functionDef }: DocMethod): DocParam[] {
  return functionDef.params.map((param) => param.left ? { ...param.left, optional: true } : param)
    .filter(({ name }) => name !== "this");
}

/** Finds what a `@param` tag says of one key: "`limit` is the largest number of windows". */
function remarkOf(name: string, remarks: string): DocComment | undefined {
  const text = new RegExp(`\`${name}\` (?:is )?([^\`]+?)(?=[;.]? \`|$)`).exec(plainText(remarks))?.[1];
  return text === undefined
    ? undefined
    : { doc: `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.` };
}

function callOf(
  owner: string,
  name: string,
  kind: string,
  isStatic: boolean | undefined,
  params: DocParam[],
) {
  const list = params.map((param) =>
    param.kind === "rest" ? `...${param.arg?.name}` : `${param.name}${param.optional ? "?" : ""}`
  ).join(", ");
  if (kind === "constructor") return `new ${owner}(${list})`;
  return `${isStatic ? `${owner}.` : ""}${name}(${list})`;
}

function sorted(verbs: HelpVerb[]): HelpVerb[] {
  const order = ["constructor", "static", "verb", "fact"];
  return verbs.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

const factors: Record<string, number> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

/** Returns true when a schema's default is not the one at the beginning of a doc comment's text. */
export function disagrees(value: unknown, text: string | undefined): boolean {
  if (typeof value === "object") return false; // filled in elsewhere
  if (text === undefined) return true;
  const first = text.replace(/^[`"]|[`"](?=[,;: ]|$)/g, "");
  if (typeof value !== "number") return !new RegExp(`\\b${RegExp.escape(String(value))}\\b`).test(first);
  const [, digits, unit] = /^([\d.,e+-]*\d) ?(\w*)/.exec(first) ?? [];
  return Number(digits?.replaceAll(",", "")) * (factors[unit] ?? 1) !== value;
}

if (import.meta.main) {
  const { texts, complaints } = await makeTexts();
  for (const complaint of complaints) console.error(complaint);
  for (const [name, file] of Object.entries(files)) {
    await Deno.writeTextFile(`${root}/${file}`, fileText(texts[name]));
  }
  Deno.exit(complaints.length ? 1 : 0);
}
