/**
 * Conversations by turns, with what instruction tuning learns from them.
 *
 * @module
 */
import type { Picture } from "../../display/display.ts";
import { plural } from "../../display/format.ts";
import { join, titleHtml } from "../../display/html.ts";
import { turns } from "../../display/turns.ts";
import type { Conversation } from "../document.ts";

/** Returns true for a record with messages of roles and texts. */
export function isConversation(value: unknown): value is Conversation {
  const messages = (value as Partial<Conversation> | null)?.messages;
  return Array.isArray(messages) && messages.length > 0 &&
    messages.every((message) => typeof message?.role === "string" && typeof message?.content === "string");
}

/** The source of records that stand in memory without a name. */
const unnamed = "from";

/** Draws conversations one below another; the answers, of which tuning learns, are marked. */
export function conversationsPicture(conversations: readonly Conversation[]): Picture {
  const note = "marked: the answers, of whose tokens .instruct() learns";
  const title = `First ${plural(conversations.length, "conversation")}`;
  return join(
    { text: title, html: titleHtml(title) },
    ...conversations.map(({ messages, source }, i) =>
      turns(
        messages.map(({ role, content }) => ({
          role,
          parts: [{ text: content, look: role === "assistant" ? "marked" as const : undefined }],
        })),
        {
          title: `Conversation ${i + 1}${source && source !== unnamed ? `, ${source}` : ""}`,
          note: i === conversations.length - 1 ? note : "",
        },
      )
    ),
  );
}
