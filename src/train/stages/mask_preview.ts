/**
 * A preview of the loss mask of instruction tuning: control, content and answers in colour.
 *
 * @module
 */
import type { ChatPiece } from "../../base/encoder.ts";
import { card, Displayable, escapeHtml, number, type Picture } from "../../display/mod.ts";
import type { Conversation } from "../../data/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";

/** A conversation as the model sees it. */
export interface MaskedExample {
  /** Its pieces in order; those of kind "answer" are learned. */
  pieces: readonly { kind: ChatPiece["kind"]; text: string; tokens: number }[];
  /** Tokens in all. */
  tokens: number;
  /** Tokens that count in the loss. */
  learned: number;
  /** Tokens cut off, since they do not fit into a window. */
  cut: number;
}

/** Background colours, half transparent for light and dark themes. */
const colours: Record<ChatPiece["kind"], string> = {
  control: "#9999",
  content: "#6baed680",
  answer: "#74c47680",
};

/** The result of {@linkcode Trainer.maskPreview}. */
export class MaskPreview extends Displayable {
  /** The conversations in order. */
  readonly examples: readonly MaskedExample[];

  /** Encodes conversations with the stage's tokenizer. */
  constructor(conversations: readonly Conversation[], tokenizer: Tokenizer, context: number) {
    super();
    this.examples = conversations.map(({ messages }) => maskedExample(tokenizer.chat(messages), context));
  }

  /** Returns the examples as plain data. */
  toJSON(): { examples: readonly MaskedExample[] } {
    return { examples: this.examples };
  }

  /** Shows answers in green, and in a terminal between the marks « and ». */
  picture(): Picture {
    const shown = this.examples.map((example) => {
      const { pieces, tokens, learned, cut } = example;
      const facts = `${number(learned)} of ${number(tokens)} tokens are learned${
        cut ? `, ${number(cut)} are cut off` : ""
      }`;
      const text = pieces.map(({ kind, text }) => kind === "answer" ? `«${text}»` : text).join("");
      const html = pieces.map(({ kind, text }) =>
        `<span style="background:${colours[kind]}">${escapeHtml(text)}</span>`
      );
      return {
        text: `${text}\n(${facts})`,
        html: `<div style="white-space:pre-wrap;margin:6px 0">${
          html.join("")
        }<div style="opacity:0.7">${facts}</div></div>`,
      };
    });
    const legend = Object.entries(colours).map(([kind, colour]) =>
      `<span style="background:${colour};padding:0 4px">${kind}${kind === "answer" ? ": learned" : ""}</span>`
    );
    return {
      text: shown.map(({ text }) => text).join("\n\n"),
      html: card("Loss mask", legend.join(" ") + shown.map(({ html }) => html).join("")),
    };
  }
}

function maskedExample({ pieces, mask, ids }: ReturnType<Tokenizer["chat"]>, context: number): MaskedExample {
  const cut = Math.max(0, ids.length - context - 1);
  const kept = mask.subarray(0, ids.length - cut);
  return {
    pieces: pieces.map(({ kind, text, ids }) => ({ kind, text, tokens: ids.length })),
    tokens: ids.length,
    learned: kept.reduce((sum, learned) => sum + learned, 0),
    cut,
  };
}
