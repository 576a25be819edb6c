/**
 * The works inside a tokenizer: its files, what encodes for them, and which token plays which part.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Picture } from "../display/display.ts";
import { number } from "../display/format.ts";
import { keyValues } from "../display/table.ts";
import type { ChatTemplate, TemplateTokens } from "./chat/chat_template.ts";
import type { Codec } from "./codec.ts";
import type { TokenizerFiles } from "./files/files.ts";
import { HuggingFaceCodec } from "./files/huggingface.ts";
import { LlamaCodec } from "./llama/llama_codec.ts";
import { llamaVocabulary } from "./files/llama_compatible.ts";
import type { TemplateName } from "./chat/templates.ts";
import { type Roles, rolesOf } from "./files/tokenizer_config.ts";

/** All that a tokenizer is, but for its chat template. */
export interface TokenizerCore {
  /** What it was read from, or will be written to. */
  files: TokenizerFiles;
  /** What does the work. */
  codec: Codec;
  /** Ids of BOS, EOS, the unknown and the padding token. */
  roles: Roles;
  /** The special tokens by their text. */
  special: ReadonlyMap<string, number>;
}

/** The facts of a tokenizer. */
export interface TokenizerFacts {
  /** Number of ids. */
  vocabSize: number;
  /** The special tokens and their ids. */
  special: Record<string, number>;
  /** Name of the chat template. */
  template: TemplateName | "jinja" | null;
  /** What does the work. */
  codec: "llamero" | "@huggingface/tokenizers";
  /** Changes whenever any id could change. */
  fingerprint: string;
}

/**
 * Builds the works: our own encoder where it gives the same ids, else that of Hugging Face.
 *
 * @throws {FormatError} for a tokenizer that neither knows
 */
export function engineOf(files: TokenizerFiles): TokenizerCore {
  const { json, config, file } = files;
  const vocabulary = llamaVocabulary(json, config);
  const codec = vocabulary ? new LlamaCodec(vocabulary) : new HuggingFaceCodec(json, config, file);
  const special = json.added_tokens.filter((token) => token.special);
  return {
    files,
    codec,
    roles: rolesOf(json, config, (token) => codec.idOf(token)),
    special: new Map(special.map(({ content, id }) => [content, id])),
  };
}

/** What a chat template needs of the works. */
export function templateTokens({ codec, roles, special }: TokenizerCore): TemplateTokens {
  const text = (id: number) => id < 0 ? "" : codec.tokenOf(id) ?? "";
  return { bos: text(roles.bos), eos: text(roles.eos), special };
}

/** A hash of all that decides ids, 32 hex digits. */
export function tokenizerFingerprint(
  { files, roles }: TokenizerCore,
  template: ChatTemplate | undefined,
): string {
  const { remove_space, do_lowercase_and_remove_accent } = files.config;
  const facts = [files.json, roles, template?.source, remove_space, do_lowercase_and_remove_accent];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 32);
}

/** The facts as a small table. */
export function factsPicture({ vocabSize, special, template, codec, fingerprint }: TokenizerFacts): Picture {
  return keyValues("Tokenizer", [
    ["vocabulary", number(vocabSize)],
    ["special", Object.entries(special).map(([token, id]) => `${token} ${id}`).join(", ")],
    ["chat template", template ?? "none"],
    ["encoder", codec],
    ["fingerprint", fingerprint],
  ]);
}
