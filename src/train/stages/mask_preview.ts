/**
 * A preview of the loss mask of instruction tuning: conversations as the model sees them, by role, with what is learned.
 *
 * @module
 */
import type { ChatPiece, Message } from "../../base/encoder.ts";
import { Displayable, join, number, type Picture, plural, type TurnPart, turns } from "../../display/mod.ts";
import { type Conversation, Dataset } from "../../data/mod.ts";
import type { Model } from "../../model/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import type { Stage } from "./stage.ts";
import { tokenizerOf } from "./stage_data.ts";

/** A piece of a conversation. */
export interface MaskedPiece {
  /** `control`: text of the template; `content`: of the user or the system; `answer`: of the assistant, and its EOS. */
  kind: ChatPiece["kind"];
  /** The speaker of a content or an answer. */
  role?: Message["role"];
  /** Its text. */
  text: string;
  /** Number of its tokens. */
  tokens: number;
}

/** A conversation as the model sees it. */
export interface MaskedExample {
  /** Its pieces in order; those of kind "answer" are learned. */
  pieces: readonly MaskedPiece[];
  /** Tokens in all. */
  tokens: number;
  /** Tokens that count in the loss. */
  learned: number;
  /** Tokens cut off, since they do not fit into a window. */
  cut: number;
}

/** The result of {@linkcode Trainer.maskPreview}. */
export class MaskPreview extends Displayable {
  /** The conversations in order. */
  readonly examples: readonly MaskedExample[];

  /** Encodes conversations with the stage's tokenizer. */
  constructor(conversations: readonly Conversation[], tokenizer: Tokenizer, context: number) {
    super();
    this.examples = conversations.map(({ messages }) => maskedExample(messages, tokenizer, context));
  }

  /** Returns the examples as plain data. */
  toJSON(): { examples: readonly MaskedExample[] } {
    return { examples: this.examples };
  }

  /** Draws the conversations by role. Learned text is underlined, in text between « and »; the template's is paler. */
  picture(): Picture {
    return join(...this.examples.map((example, i) => {
      const { tokens, learned, cut } = example;
      const lost = cut > 0 ? `; cut off behind the window: ${plural(cut, "token")}` : "";
      return turns(rowsOf(example), {
        title: i === 0 ? "Loss mask: marked text is learned, pale text is the template's" : "",
        note: `${number(learned)} of ${plural(tokens, "token")} are learned${lost}`,
      });
    }));
  }
}

/** Reads the first conversations of a stage; undefined for one that does not learn from conversations. */
export async function maskOf(
  model: Model,
  stage: Stage,
  count: number,
  options: { signal?: AbortSignal } = {},
): Promise<MaskPreview | undefined> {
  const { settings, data } = stage;
  if (settings.kind !== "instruct" || !(data instanceof Dataset)) return undefined;
  const conversations = await (data as Dataset<Conversation>).take(count).toArray(options);
  return new MaskPreview(conversations, tokenizerOf(model, stage), settings.context);
}

/** Returns a row per speaker; the template's text stands before the speaker that it announces. */
function rowsOf({ pieces }: MaskedExample): { role: string; parts: TurnPart[] }[] {
  const rows: { role: string; parts: TurnPart[] }[] = [];
  let waiting: TurnPart[] = [];
  for (const { kind, role, text } of pieces) {
    if (kind === "control") waiting.push({ text: text.replaceAll("\n", "↵"), look: "quiet" });
    else {
      const own: TurnPart = { text, look: kind === "answer" ? "marked" : undefined };
      rows.push({ role: role ?? "text", parts: [...waiting, own] });
      waiting = [];
    }
  }
  if (waiting.length > 0) rows.push({ role: "", parts: waiting });
  return rows;
}

function maskedExample(messages: readonly Message[], tokenizer: Tokenizer, context: number): MaskedExample {
  const { pieces, mask, ids } = tokenizer.chat(messages);
  const cut = Math.max(0, ids.length - context - 1);
  const kept = mask.subarray(0, ids.length - cut);
  const roleOf = rolesOf(messages);
  return {
    pieces: pieces.map(({ kind, text, ids }) => ({
      kind,
      role: roleOf(kind, text),
      text,
      tokens: ids.length,
    })),
    tokens: ids.length,
    learned: kept.reduce((sum, learned) => sum + learned, 0),
    cut,
  };
}

/** Returns the function from pieces, in their order, to their speakers: the next message whose text a piece has. */
function rolesOf(
  messages: readonly Message[],
): (kind: ChatPiece["kind"], text: string) => Message["role"] | undefined {
  let next = 0;
  return (kind, text) => {
    if (kind === "control") return undefined;
    if (kind === "answer") {
      next = messages.findIndex(({ role }, i) => i >= next && role === "assistant") + 1 || next;
      return "assistant";
    }
    const at = messages.findIndex(({ role, content }, i) =>
      i >= next && role !== "assistant" && text.includes(content.trim())
    );
    if (at < 0) return undefined;
    next = at + 1;
    return messages[at].role;
  };
}
