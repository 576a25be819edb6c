/**
 * The declarations of the source as `deno doc` knows them: classes, options and their types, for the tools of this repository.
 *
 * @module
 */
import { readTree, runDeno } from "./tree.ts";

/** A type, as `deno doc --json` gives it. */
export interface DocType {
  /** Its text, where it has a short one. */
  repr?: string;
  /** Its kind, such as `union`. */
  kind: string;
  /** Its parts; their form depends on the kind. */
  value?: unknown;
}

/** A doc comment. */
export interface DocComment {
  /** Its text without tags. */
  doc?: string;
  /** Its tags, such as `throws`. */
  tags?: { kind: string; name?: string; doc?: string }[];
}

/** A property of a class, an interface or a type in braces. */
export interface DocProperty {
  /** Name. */
  name: string;
  /** Doc comment. */
  jsDoc?: DocComment;
  /** Type. */
  tsType?: DocType;
  /** True when it may be left out. */
  optional?: boolean;
  /** True for a static one. */
  isStatic?: boolean;
  /** `private` or `protected`, else missing. */
  accessibility?: string;
}

/** A parameter of a function. */
export interface DocParam {
  /** `identifier`, `assign` (one with a default), `rest` or `object`. */
  kind: string;
  /** Name, of an identifier. */
  name?: string;
  /** True when it may be left out. */
  optional?: boolean;
  /** Type. */
  tsType?: DocType;
  /** The parameter before its default. */
  left?: DocParam;
  /** The parameter behind its dots. */
  arg?: DocParam;
}

/** A method, a getter or a setter. */
export interface DocMethod {
  /** Name. */
  name: string;
  /** `method`, `getter` or `setter`. */
  kind: string;
  /** Doc comment. */
  jsDoc?: DocComment;
  /** True for a static one. */
  isStatic?: boolean;
  /** `private` or `protected`, else missing. */
  accessibility?: string;
  /** Parameters and result. */
  functionDef: { params: DocParam[]; returnType?: DocType };
}

/** A class, an interface or a name for a type. */
export interface Declaration {
  /** `class`, `interface`, `typeAlias` and others. */
  kind: string;
  /** Doc comment. */
  jsDoc?: DocComment;
  /** Its parts. */
  def: {
    constructors?: { jsDoc?: DocComment; params: DocParam[]; accessibility?: string }[];
    properties?: DocProperty[];
    methods?: DocMethod[];
    extends?: DocType[];
    tsType?: DocType;
  };
}

/** The declarations of all of `src`, by name. */
export class DocNodes {
  readonly #byName = new Map<string, Declaration>();

  /** Takes the output of `deno doc --json`; of two declarations of a name the first counts. */
  constructor(json: string) {
    const { nodes }: { nodes: Record<string, { symbols: { name: string; declarations: Declaration[] }[] }> } =
      JSON.parse(json);
    for (const { symbols } of Object.values(nodes)) {
      for (const { name, declarations } of symbols) {
        const own = declarations.find(({ kind }) => ["class", "interface", "typeAlias"].includes(kind));
        if (own && !this.#byName.has(name)) this.#byName.set(name, own);
      }
    }
  }

  /** Asks `deno doc` about every file of `src`. */
  static async read(): Promise<DocNodes> {
    const files = readTree("src", (path) => path.endsWith(".ts")).map(({ path }) => path);
    const { code, stdout, stderr } = await runDeno(["doc", "--json", ...files]);
    if (code !== 0) throw new Error(stderr);
    return new DocNodes(stdout);
  }

  /** Returns the declaration of a name. */
  get(name: string): Declaration | undefined {
    return this.#byName.get(name);
  }

  /** Returns the type as people read it: short unions are written out, functions are `function`. */
  typeText(type: DocType | undefined): string {
    if (type === undefined) return "";
    const { kind, value, repr } = type;
    switch (kind) {
      case "union":
        return [...new Set((value as DocType[]).map((part) => this.typeText(part)))].join(" | ");
      case "literal": {
        const literal = value as { kind: string; string?: string };
        return literal.kind === "string" ? JSON.stringify(literal.string) : repr ?? "";
      }
      case "array":
        return arrayOf(this.typeText(value as DocType));
      case "typeOperator":
        return this.typeText((value as { tsType: DocType }).tsType);
      case "parenthesized":
      case "optional":
        return this.typeText(value as DocType);
      case "tuple":
        return `[${(value as DocType[]).map((part) => this.typeText(part)).join(", ")}]`;
      case "typeLiteral":
        return `{ ${
          (value as { properties: DocProperty[] }).properties.map(({ name }) => name).join(", ")
        } }`;
      case "fnOrConstructor":
        return "function";
      case "typeRef":
        return this.#named(value as { typeName: string; typeParams?: DocType[] });
      default:
        return repr || kind;
    }
  }

  #named({ typeName, typeParams = [] }: { typeName: string; typeParams?: DocType[] }): string {
    const params = typeParams.map((part) => this.typeText(part));
    if (typeName === "Readonly") return params[0];
    const alias = this.get(typeName);
    if (alias?.kind === "typeAlias" && isShort(alias.def.tsType)) return this.typeText(alias.def.tsType);
    return params.length ? `${typeName}<${params.join(", ")}>` : typeName;
  }

  /** Returns the properties of an options type, with those that it extends; undefined for any other type. */
  options(type: DocType | undefined): { name?: string; properties: DocProperty[] } | undefined {
    if (type === undefined) return undefined;
    if (type.kind === "typeLiteral") {
      return { properties: (type.value as { properties: DocProperty[] }).properties };
    }
    if (type.kind === "intersection") {
      const parts = (type.value as DocType[]).map((part) => this.options(part));
      return parts.find((part) => part?.name) ?? parts[0];
    }
    if (type.kind !== "typeRef") return undefined;
    const { typeName, typeParams } = type.value as { typeName: string; typeParams?: DocType[] };
    if (typeName === "Omit" && typeParams) {
      const left = new Set(this.typeText(typeParams[1]).split(" | ").map((name) => JSON.parse(name)));
      const whole = this.options(typeParams[0]);
      return whole && { properties: whole.properties.filter(({ name }) => !left.has(name)) };
    }
    const found = this.get(typeName);
    if (found?.kind !== "interface") return undefined;
    const own = found.def.properties ?? [];
    const names = new Set(own.map(({ name }) => name));
    const inherited = (found.def.extends ?? []).flatMap((parent) => this.options(parent)?.properties ?? []);
    const replaced = inherited.map((old) => own.find(({ name }) => name === old.name) ?? old);
    const rest = own.filter(({ name }) => !inherited.some((old) => old.name === name));
    return {
      name: names.size || inherited.length ? typeName : undefined,
      properties: [...replaced, ...rest],
    };
  }
}

function arrayOf(item: string): string {
  return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
}

/** Returns true for a union of a few words, which reads better than its name. */
function isShort(type: DocType | undefined): boolean {
  if (type?.kind !== "union") return false;
  const parts = type.value as DocType[];
  return parts.length <= 7 && parts.every(({ kind }) => kind === "literal");
}
