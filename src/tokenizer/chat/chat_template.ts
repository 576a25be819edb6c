/**
 * A chat template renders a conversation into control, content and answers. The Jinja source sees placeholders instead
 * of what was said, so that no message can spell a special token or end its own turn.
 *
 * @module
 */
import { Template } from "@huggingface/jinja";
import type { ChatPiece, Message } from "../../base/encoder.ts";
import { ConfigError } from "../../base/errors.ts";
import { nearest, show } from "../../base/schema.ts";
import { splitSpecial } from "../special.ts";
import { type TemplateName, TEMPLATES } from "./templates.ts";

/** A stretch of a rendered conversation: ordinary text, or a special token when it has an `id`. */
export interface Stretch {
  /** Who it comes from. */
  kind: ChatPiece["kind"];
  /** The text, or the name of the token. */
  text: string;
  /** Id of the special token. */
  id?: number;
}

/** What a template needs to know of the vocabulary. */
export interface TemplateTokens {
  /** Text of BOS, or "" where there is none. */
  bos: string;
  /** Text of EOS, or "" where there is none. */
  eos: string;
  /** The special tokens by their text. */
  special: ReadonlyMap<string, number>;
}

/** Private-use characters around a number stand for a message; the spaces around them fall if the template trims. */
const HOLE = /(\u2003?)\uE000(\d+)\uE001(\u2003?)/;

const UNSTABLE =
  "it is not prefix-stable: a whole conversation does not begin with the prompt of its own answer";

/** A chat template for one vocabulary. */
export class ChatTemplate {
  /** Its built-in name, or `jinja`. */
  readonly name: TemplateName | "jinja";
  /** Its Jinja source. */
  readonly source: string;
  #tokens: TemplateTokens;
  #jinja: Template | undefined;
  #probe: { obstacle: string | null; endings: number[] } | undefined;

  /**
   * Nothing is checked yet, so that a folder with a template that cannot be used here still loads.
   *
   * @param template the name of a built-in template, or Jinja; the Jinja of a built-in one is known by its text
   */
  constructor(template: string, tokens: TemplateTokens) {
    const builtIn = Object.entries(TEMPLATES).find(([name, { jinja }]) =>
      name === template || jinja === template
    );
    this.name = builtIn === undefined ? "jinja" : builtIn[0] as TemplateName;
    this.source = builtIn === undefined ? template : builtIn[1].jinja;
    this.#tokens = tokens;
  }

  /** @throws {ConfigError} for an unknown name, missing markers, or Jinja with an error */
  check(): void {
    const markers = this.name === "jinja" ? [] : TEMPLATES[this.name].markers;
    if (markers.some((marker) => !this.#tokens.special.has(marker))) throw noMarkers(this.name, markers);
    if (!/\{[{%]/.test(this.source)) throw unknownName(this.source);
    this.#parsed();
  }

  /**
   * The conversation in stretches, in order; neighbours of one kind are not joined.
   *
   * @throws {ConfigError} when the template refuses the conversation or leaves a message out
   */
  render(messages: readonly Message[], answering: boolean): Stretch[] {
    const parts = this.#text(messages, answering).split(HOLE);
    const seen = new Set<number>();
    const stretches: Stretch[] = [];
    for (let i = 0; i < parts.length; i += 4) {
      const spaces = i + 4 < parts.length || answering ? / *$/.exec(parts[i])![0].length : 0;
      const control = parts[i].slice(0, parts[i].length - spaces);
      stretches.push(
        ...splitSpecial(control, this.#tokens.special).map((s): Stretch => ({ kind: "control", ...s })),
      );
      if (i + 4 >= parts.length) break;
      const at = Number(parts[i + 2]);
      const { role, content } = messages[at];
      const left = parts[i + 1] === "" ? content.trimStart() : content;
      const said = parts[i + 3] === "" ? left.trimEnd() : left;
      stretches.push({ kind: role === "assistant" ? "answer" : "content", text: " ".repeat(spaces) + said });
      seen.add(at);
    }
    const lost = messages.findIndex((_, i) => !seen.has(i));
    if (lost >= 0) throw leftOut(lost, messages[lost].role);
    return closeAnswers(stretches, this.#tokens);
  }

  /**
   * Why no model can be trained on this template, or null: what stands before an answer in a whole conversation must
   * be what the model is given when it is to answer, and the answer must end with a special token.
   */
  obstacle(): string | null {
    return (this.#probe ??= this.#try()).obstacle;
  }

  /** Ids of the special tokens that end an answer. */
  endings(): readonly number[] {
    return (this.#probe ??= this.#try()).endings;
  }

  /** Renders a small conversation to see what the template does. */
  #try(): { obstacle: string | null; endings: number[] } {
    const talk = (["user", "assistant", "user", "assistant"] as const).map((role) => ({
      role,
      content: "x",
    }));
    try {
      const answers = this.render(talk, false).filter((stretch) => stretch.kind === "answer");
      const endings = answers.flatMap(({ id }) => id ?? []);
      if (endings.length < 2) return { obstacle: "it puts no special token behind an answer", endings };
      return { obstacle: [1, 3].every((turn) => this.#isStable(talk, turn)) ? null : UNSTABLE, endings };
    } catch (cause) {
      return { obstacle: (cause as Error).message, endings: [] };
    }
  }

  /** True when the whole of `talk` begins with the prompt for its message `turn`, and that message follows at once. */
  #isStable(talk: readonly Message[], turn: number): boolean {
    const whole = this.#text(talk, false);
    const prompt = this.#text(talk.slice(0, turn), true).replace(/ +$/, "");
    const [between, , next] = whole.slice(prompt.length).split(HOLE);
    return whole.startsWith(prompt) && /^ *$/.test(between) && Number(next) === turn;
  }

  #parsed(): Template {
    try {
      return this.#jinja ??= new Template(this.source);
    } catch (cause) {
      throw new ConfigError(`Cannot use the chat template: ${(cause as Error).message}`, {
        value: this.source,
        cause,
      });
    }
  }

  #text(messages: readonly Message[], answering: boolean): string {
    const template = this.#parsed();
    try {
      return template.render({
        messages: messages.map(({ role }, i) => ({ role, content: `\u2003\uE000${i}\uE001\u2003` })),
        add_generation_prompt: answering,
        bos_token: this.#tokens.bos,
        eos_token: this.#tokens.eos,
      });
    } catch (cause) {
      throw new ConfigError(`Cannot render the chat template: ${(cause as Error).message}`, { cause });
    }
  }
}

/** The end of an answer is part of it: blanks and special tokens up to EOS, else the first that is not BOS. */
function closeAnswers(stretches: Stretch[], { bos, eos }: TemplateTokens): Stretch[] {
  stretches.forEach((answer, i) => {
    if (answer.kind !== "answer" || answer.id !== undefined) return;
    const length = stretches.slice(i + 1).findIndex((stretch) => !isClosing(stretch));
    const tail = stretches.slice(i + 1, length < 0 ? undefined : i + 1 + length);
    const atEos = tail.findIndex(({ id, text }) => id !== undefined && text === eos);
    const last = atEos >= 0 ? atEos : tail.findIndex(({ id, text }) => id !== undefined && text !== bos);
    if (last < 0) return;
    if (tail[0].id === undefined) answer.text += tail[0].text, tail[0].text = "";
    for (const end of tail.slice(0, last + 1)) end.kind = "answer";
  });
  return stretches;
}

function isClosing({ kind, id, text }: Stretch): boolean {
  return kind === "control" && (id !== undefined || text.trim() === "");
}

function noMarkers(name: string, markers: readonly string[]): ConfigError {
  const list = JSON.stringify(markers);
  return new ConfigError(
    `Cannot use the chat template "${name}": the vocabulary has no ${markers.join(" and ")}, ` +
      `train it with Tokenizer.train(..., { special: ${list} })`,
    { path: "withTemplate", value: name },
  );
}

function unknownName(name: string): ConfigError {
  const names = Object.keys(TEMPLATES);
  const near = nearest(name, names);
  const hint = near ? `did you mean "${near}"?` : `give one of ${names.join(", ")} or Jinja`;
  return new ConfigError(`Cannot use the chat template ${show(name)}: ${hint}`, {
    path: "withTemplate",
    value: name,
  });
}

function leftOut(index: number, role: string): ConfigError {
  return new ConfigError(
    `Cannot render the conversation: the chat template leaves out message ${index} (${role})`,
  );
}
