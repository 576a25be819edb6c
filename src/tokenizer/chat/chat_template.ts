/**
 * Chat templates, which render a conversation to segments of control, content and answers.
 *
 * The Jinja source gets placeholders instead of the messages, so that no message can spell a special token or end its
 * own turn.
 *
 * @module
 */
import { Template } from "@huggingface/jinja";
import type { ChatPiece, Message } from "../../base/encoder.ts";
import { ConfigError } from "../../base/errors.ts";
import { nearest, show } from "../../base/schema.ts";
import { splitSpecial } from "../special.ts";
import { type TemplateName, TEMPLATES } from "./templates.ts";

/** A segment of a rendered conversation: ordinary text, or a special token when it has an `id`. */
export interface ChatSegment {
  /** Its origin: the template, a message of the user or the system, or an answer. */
  kind: ChatPiece["kind"];
  /** The text, or the text of the special token. */
  text: string;
  /** Id of the special token. */
  id?: number;
}

/** The special tokens of a vocabulary that a template may use. */
export interface TemplateTokens {
  /** Text of BOS, or "" where there is none. */
  bos: string;
  /** Text of EOS, or "" where there is none. */
  eos: string;
  /** Ids of the special tokens by their text. */
  special: ReadonlyMap<string, number>;
}

/**
 * The placeholder of a message: its number between two private-use characters, and spaces around them. A template that
 * trims its messages removes the spaces.
 */
const PLACEHOLDER = /(\u2003?)\uE000(\d+)\uE001(\u2003?)/;

const UNSTABLE =
  "it is not prefix-stable: a whole conversation does not begin with the prompt of its own answer";

/** The result of rendering a small conversation: an obstacle to training, and the ids that end an answer. */
interface ProbeResult {
  obstacle: string | null;
  endings: number[];
}

/** A chat template for one vocabulary. */
export class ChatTemplate {
  /** Its built-in name, or `jinja`. */
  readonly name: TemplateName | "jinja";
  /** The Jinja source. */
  readonly source: string;
  #tokens: TemplateTokens;
  #jinja: Template | undefined;
  #probe: ProbeResult | undefined;

  /**
   * Makes the template without any check, so that a folder loads even if its template cannot be used.
   *
   * @param template the name of a built-in template, or Jinja; the Jinja of a built-in template is recognised
   */
  constructor(template: string, tokens: TemplateTokens) {
    const builtIn = Object.entries(TEMPLATES).find(([name, { jinja }]) =>
      name === template || jinja === template
    );
    this.name = builtIn === undefined ? "jinja" : builtIn[0] as TemplateName;
    this.source = builtIn === undefined ? template : builtIn[1].jinja;
    this.#tokens = tokens;
  }

  /**
   * Checks that the template can be used.
   *
   * @throws {ConfigError} for an unknown name, missing markers, or Jinja with an error
   */
  check(): void {
    const markers = this.name === "jinja" ? [] : TEMPLATES[this.name].markers;
    if (markers.some((marker) => !this.#tokens.special.has(marker))) throw noMarkers(this.name, markers);
    if (!/\{[{%]/.test(this.source)) throw unknownName(this.source);
    this.#parsed();
  }

  /**
   * Renders the conversation to segments, in order; neighbours of one kind are not joined.
   *
   * @param answering true to end with the opening of the next answer
   * @throws {ConfigError} when the template refuses the conversation or omits a message
   */
  render(messages: readonly Message[], answering: boolean): ChatSegment[] {
    const parts = this.#text(messages, answering).split(PLACEHOLDER);
    const seen = new Set<number>();
    const segments: ChatSegment[] = [];
    for (let i = 0; i < parts.length; i += 4) {
      const spaces = i + 4 < parts.length || answering ? / *$/.exec(parts[i])![0].length : 0;
      const control = parts[i].slice(0, parts[i].length - spaces);
      segments.push(
        ...splitSpecial(control, this.#tokens.special).map((s): ChatSegment => ({ kind: "control", ...s })),
      );
      if (i + 4 >= parts.length) break;
      const at = Number(parts[i + 2]);
      const { role, content } = messages[at];
      const left = parts[i + 1] === "" ? content.trimStart() : content;
      const trimmed = parts[i + 3] === "" ? left.trimEnd() : left;
      segments.push({
        kind: role === "assistant" ? "answer" : "content",
        text: " ".repeat(spaces) + trimmed,
      });
      seen.add(at);
    }
    const omitted = messages.findIndex((_, i) => !seen.has(i));
    if (omitted >= 0) throw omits(omitted, messages[omitted].role);
    return closeAnswers(segments, this.#tokens);
  }

  /**
   * Returns the reason that no model can be trained on this template, or null. Training needs that the text before an
   * answer in a whole conversation equals the prompt of that answer, and that a special token ends the answer.
   */
  trainingObstacle(): string | null {
    return (this.#probe ??= this.#runProbe()).obstacle;
  }

  /** Returns the ids of the special tokens that end an answer. */
  endings(): readonly number[] {
    return (this.#probe ??= this.#runProbe()).endings;
  }

  /** Renders a small conversation and looks for answers' ends and for obstacles to training. */
  #runProbe(): ProbeResult {
    const talk = (["user", "assistant", "user", "assistant"] as const).map((role) => ({
      role,
      content: "x",
    }));
    try {
      const answers = this.render(talk, false).filter((segment) => segment.kind === "answer");
      const endings = answers.flatMap(({ id }) => id ?? []);
      if (endings.length < 2) return { obstacle: "it puts no special token behind an answer", endings };
      return { obstacle: [1, 3].every((turn) => this.#isStable(talk, turn)) ? null : UNSTABLE, endings };
    } catch (cause) {
      return { obstacle: (cause as Error).message, endings: [] };
    }
  }

  /** Returns true when `talk` begins with the prompt for its message `turn`, and that message follows at once. */
  #isStable(talk: readonly Message[], turn: number): boolean {
    const whole = this.#text(talk, false);
    const prompt = this.#text(talk.slice(0, turn), true).replace(/ +$/, "");
    const [between, , next] = whole.slice(prompt.length).split(PLACEHOLDER);
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

/**
 * Marks the end of each answer as part of it: the blanks and special tokens behind it up to EOS, or without EOS up to
 * the first special token that is not BOS.
 */
function closeAnswers(segments: ChatSegment[], { bos, eos }: TemplateTokens): ChatSegment[] {
  segments.forEach((answer, i) => {
    if (answer.kind !== "answer" || answer.id !== undefined) return;
    const length = segments.slice(i + 1).findIndex((segment) => !isClosing(segment));
    const tail = segments.slice(i + 1, length < 0 ? undefined : i + 1 + length);
    const atEos = tail.findIndex(({ id, text }) => id !== undefined && text === eos);
    const last = atEos >= 0 ? atEos : tail.findIndex(({ id, text }) => id !== undefined && text !== bos);
    if (last < 0) return;
    if (tail[0].id === undefined) answer.text += tail[0].text, tail[0].text = "";
    for (const end of tail.slice(0, last + 1)) end.kind = "answer";
  });
  return segments;
}

function isClosing({ kind, id, text }: ChatSegment): boolean {
  return kind === "control" && (id !== undefined || text.trim() === "");
}

function noMarkers(name: string, markers: readonly string[]): ConfigError {
  const list = JSON.stringify(markers);
  return new ConfigError(
    `Cannot use the chat template "${name}": the vocabulary has no ${markers.join(" and ")}; ` +
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

function omits(index: number, role: string): ConfigError {
  return new ConfigError(
    `Cannot render the conversation: the chat template omits message ${index} (${role})`,
  );
}
