/**
 * A conversation with a model: messages and commands in, answers out. No error of a turn ends it.
 *
 * @module
 */
import type { Model } from "@llamero/sdk";
import type { Message } from "@llamero/sdk/data";
import { onInterrupt, printable } from "@llamero/sdk/display";
import { errorText } from "../cli/main.ts";

/** The commands, as `/help` and `--help` print them. */
export const commands = `  /reset      begins a new conversation; /new does the same
  /save FILE  appends the conversation to FILE, as a line of JSON that Dataset.jsonl(FILE).conversations() reads
  /help       shows this text
  /exit       ends, as Ctrl-D does
  Ctrl-C      ends an answer
A message of several lines: end a line with \\, or put the lines between """ and """.`;

/** Settings of the answers. */
export interface TalkSettings {
  /** Instructions for the model before the conversation; empty for none. */
  system: string;
  /** Divides the logits. */
  temperature: number;
  /** Share of the probability from which tokens are drawn. */
  topP: number;
  /** Largest number of tokens of an answer. */
  maxTokens: number;
  /** Seed of the draws. */
  seed: number;
}

/** A conversation with a model. */
export class Talk {
  readonly #model: Model;
  readonly #settings: TalkSettings;
  readonly #say: (text: string) => Promise<void>;
  readonly #note: (text: string) => void;
  #messages: Message[] = [];
  #hasSaidFull = false;

  /**
   * Begins a conversation.
   *
   * @param say writes text of an answer
   * @param note writes a line that is not the model's
   */
  constructor(
    model: Model,
    settings: TalkSettings,
    say: (text: string) => Promise<void>,
    note: (text: string) => void,
  ) {
    this.#model = model;
    this.#settings = settings;
    this.#say = say;
    this.#note = note;
    this.#reset();
  }

  /** Answers a message or does a command. Returns false when the conversation shall end. */
  async take(text: string): Promise<boolean> {
    const [, command, rest] = /^\/([a-z]+)(?:\s+([^\n]*))?\s*$/.exec(text) ?? [];
    try {
      if (command === "exit") return false;
      if (command) await this.#command(command, rest?.trim() ?? "");
      else if (text.trim()) await this.#answer(text);
    } catch (error) {
      this.#note(errorText(error, Deno.env.get("LLAMERO_TRACE") === "1"));
    }
    return true;
  }

  async #command(command: string, file: string): Promise<void> {
    if (command === "help") this.#note(commands);
    else if (command === "save") await this.#save(file);
    else if (command === "reset" || command === "new") {
      this.#reset();
      this.#note("(a new conversation)");
    } else this.#note(`(no command /${command}: /help shows them)`);
  }

  #reset(): void {
    const { system } = this.#settings;
    this.#messages = system ? [{ role: "system", content: system }] : [];
    this.#hasSaidFull = false;
  }

  async #answer(text: string): Promise<void> {
    const question: Message = { role: "user", content: text };
    const stop = new AbortController();
    const off = onInterrupt(() => stop.abort());
    let answer = "";
    try {
      const generation = this.#generate(question, stop.signal);
      for await (const piece of generation) {
        answer += piece;
        await this.#say(printable(piece));
      }
      await this.#say("\n");
      if (generation.finish === "context") this.#note("(the context is full: the answer ends here)");
    } catch (error) {
      if (answer) await this.#say("\n");
      if (!stop.signal.aborted) throw error;
      this.#note("(stopped)");
      if (!answer) return;
    } finally {
      off();
    }
    this.#messages.push(question, { role: "assistant", content: answer });
  }

  #generate(question: Message, signal: AbortSignal) {
    const { system: _system, ...sampling } = this.#settings;
    if (this.#model.tokenizer?.template == null) {
      return this.#model.generate(question.content, { ...sampling, signal });
    }
    const generation = this.#model.chat([...this.#messages, question], { ...sampling, signal, trim: true });
    if (generation.trimmed > 0 && !this.#hasSaidFull) {
      this.#hasSaidFull = true;
      this.#note(
        `(the conversation is longer than the context of ${this.#model.config.context} tokens: from now on the model ` +
          "sees its newest turns only; /reset begins anew)",
      );
    }
    return generation;
  }

  async #save(file: string): Promise<void> {
    const turns = this.#messages.filter(({ role }) => role !== "system").length / 2;
    if (!file) return this.#note("(give the file: /save talk.jsonl)");
    if (turns === 0) return this.#note("(nothing to save yet)");
    const line = JSON.stringify({ messages: this.#messages });
    await Deno.writeTextFile(file, `${await endsInLine(file) ? "" : "\n"}${line}\n`, { append: true });
    this.#note(`(${turns} ${turns === 1 ? "turn" : "turns"} saved to ${file})`);
  }
}

/** Returns true for a file that is not there, is empty, or ends in a line end. */
async function endsInLine(file: string): Promise<boolean> {
  try {
    using open = await Deno.open(file);
    const { size } = await open.stat();
    if (size === 0) return true;
    await open.seek(-1, Deno.SeekMode.End);
    const last = new Uint8Array(1);
    await open.read(last);
    return last[0] === 10;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}
