/**
 * The inside of a tokenizer without its chat template: its files, its codec and the roles of its special tokens.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { ConfigError } from "../base/errors.ts";
import { show } from "../base/schema.ts";
import type { Picture } from "../display/display.ts";
import { number } from "../display/format.ts";
import { keyValues } from "../display/table.ts";
import type { ChatTemplate, TemplateTokens } from "./chat/chat_template.ts";
import type { Codec } from "./codec.ts";
import type { TokenizerFiles } from "./files/files.ts";
import { PipelineCodec } from "./pipeline/pipeline_codec.ts";
import { LlamaCodec } from "./llama/llama_codec.ts";
import { llamaVocabulary } from "./files/llama_compatible.ts";
import type { TemplateName } from "./chat/templates.ts";
import { addsBos, isControl, namesRoles, type Roles, rolesOf, textOf } from "./files/tokenizer_config.ts";

/** A tokenizer without its chat template. */
export interface TokenizerCore {
  /** Contents of the files it is read from and saved to. */
  files: TokenizerFiles;
  /** The encoder and decoder. */
  codec: Codec;
  /** Ids of BOS, EOS, the unknown and the padding token. */
  roles: Roles;
  /** True when a text gets BOS in front before a model reads it. */
  addsBos: boolean;
  /** Ids of the special tokens by their text. */
  special: ReadonlyMap<string, number>;
  /** Ids of the control tokens by their text: the special ones, and ordinary ones that a chat template writes. */
  controls: ReadonlyMap<string, number>;
}

/** The facts of a tokenizer. */
export interface TokenizerFacts {
  /** Number of ids. */
  vocabSize: number;
  /** The special tokens and their ids. */
  special: Record<string, number>;
  /** Name of the chat template, `jinja` for any that is not built in, or null. */
  template: TemplateName | "jinja" | null;
  /** Name of the codec: the fast one of LLaMA-style files, or the general one, which follows Hugging Face's library. */
  codec: "llamero" | "pipeline";
  /** Changes whenever any id could change. */
  fingerprint: string;
}

/**
 * Builds the core of a tokenizer: with our own codec where it gives the same ids, else with that of Hugging Face.
 *
 * @throws {FormatError} for a tokenizer that neither codec supports
 */
export function coreOf(files: TokenizerFiles): TokenizerCore {
  const { json, config, file } = files;
  const vocabulary = llamaVocabulary(json);
  const codec = vocabulary ? new LlamaCodec(vocabulary) : new PipelineCodec(json, config, file);
  const special = json.added_tokens.filter((token) => token.special);
  const controls = json.added_tokens.filter((token) => isControl(token, config));
  const roles = rolesOf(json, config, (token) => codec.idOf(token));
  return {
    files,
    codec,
    roles,
    addsBos: addsBos(json.post_processor, codec.tokenOf(roles.bos), file),
    special: new Map(special.map(({ content, id }) => [content, id])),
    controls: new Map(controls.map(({ content, id }) => [content, id])),
  };
}

/** Returns the special tokens that a chat template may use. */
export function templateTokens({ files: { config }, codec, roles, controls }: TokenizerCore): TemplateTokens {
  const text = (id: number) => id < 0 ? "" : codec.tokenOf(id) ?? "";
  const hasBos = !namesRoles(config) || textOf(config.bos_token) !== undefined;
  return {
    bos: hasBos ? text(roles.bos) : "",
    eos: text(roles.eos),
    unk: text(roles.unk),
    pad: text(roles.pad),
    special: controls,
  };
}

/** Hashes everything that ids depend on, to 32 hex digits. */
export function tokenizerFingerprint(
  { files, roles, controls }: TokenizerCore,
  template: ChatTemplate | undefined,
): string {
  const facts = [files.json, roles, template?.source, [...controls.values()]];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 32);
}

/**
 * Returns `ids` as a list.
 *
 * @throws {ConfigError} for an id that is no whole number
 */
export function checkEosIds(ids: Iterable<number>): number[] {
  const list = [...ids];
  const wrong = list.find((id) => !Number.isInteger(id) || id < 0);
  if (wrong === undefined) return list;
  throw new ConfigError(`Cannot end texts with ${show(wrong)}: an id must be a whole number`, {
    path: "withEosIds",
    value: wrong,
  });
}

/** Draws the facts as a small table. */
export function factsPicture({ vocabSize, special, template, codec, fingerprint }: TokenizerFacts): Picture {
  return keyValues("Tokenizer", [
    ["vocabulary", number(vocabSize)],
    ["special", Object.entries(special).map(([token, id]) => `${token} ${id}`).join(", ")],
    ["chat template", template ?? "none"],
    ["encoder", codec],
    ["fingerprint", fingerprint],
  ]);
}
