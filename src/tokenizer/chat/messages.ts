/**
 * Checks of a conversation: an optional system message, then user and assistant in turn, user first.
 *
 * @module
 */
import type { Message } from "../../base/encoder.ts";
import { DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";

const ROLES = ["system", "user", "assistant"];

/**
 * Checks the types, roles and order of `messages`.
 *
 * @param answering true when the assistant answers next, so that the last message must be from the user
 * @throws {DataError} naming the first wrong message
 */
export function checkMessages(messages: readonly Message[], answering: boolean): void {
  const fail = (problem: string): never => {
    throw new DataError(`Cannot render the conversation: ${problem}`);
  };
  if (!Array.isArray(messages)) fail(`messages must be a list, current value is ${show(messages)}`);
  messages.forEach((message: unknown, i) =>
    checkMessage(message, (problem) => fail(`message ${i} ${problem}`))
  );
  const turns = messages[0]?.role === "system" ? messages.slice(1) : messages;
  const first = messages.length - turns.length;
  if (turns.length === 0) fail("it needs a user message");
  turns.forEach(({ role }, i) => {
    const expected = i % 2 === 0 ? "user" : "assistant";
    if (role === expected) return;
    const why = role === "system"
      ? "only the first message may be from the system"
      : "user and assistant take turns, user first";
    fail(`message ${first + i} must be from ${show(expected)}, current value is ${show(role)}: ${why}`);
  });
  if (answering && turns.at(-1)?.role !== "user") {
    fail("with generationPrompt the last message must be from the user");
  }
}

function checkMessage(message: unknown, fail: (problem: string) => never): void {
  if (typeof message !== "object" || message === null) {
    return fail(`must be an object, current value is ${show(message)}`);
  }
  const { role, content } = message as Partial<Message>;
  if (!ROLES.includes(role ?? "")) {
    fail(`must have one of the roles ${ROLES.join(", ")}, current value is ${show(role)}`);
  }
  if (typeof content !== "string") fail(`must have text as content, current value is ${show(content)}`);
}
