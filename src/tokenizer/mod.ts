/**
 * Text to token ids and back: learning a vocabulary, encoding, decoding, and chat templates.
 *
 * @module
 */
export { Displayable, type Picture } from "../display/display.ts";
export type { ChatEncoding, ChatPiece, Encoder, Message } from "../base/encoder.ts";
export type { DecodeOptions, StreamDecoder } from "./codec.ts";
export type { Job, Make } from "../base/job.ts";
export type { BatchOptions, ChatOptions, EncodeOptions, StatsOptions } from "./options.ts";
export type { TokenizerFacts } from "./tokenizer_core.ts";
export { layOut, mergesOf, type Piece, type PieceKind } from "./llama/pieces.ts";
export { type TokenCounts, TokenStats } from "./vocabulary_fit.ts";
export { type BuiltIn, type TemplateName, TEMPLATES } from "./chat/templates.ts";
export { type ShownToken, TokenView } from "./token_view.ts";
export { Tokenizer } from "./tokenizer.ts";
export type { TokenizerConfig, TokenName } from "./files/tokenizer_config.ts";
export type { Texts } from "./texts.ts";
export { learnPieces, type TrainOptions, type TrainProgress } from "./training/train.ts";
