/**
 * Chat templates, which render a conversation to segments of control, content and answers.
 *
 * The template sees the messages as they are. A second rendering with placeholders, or one with the template's own text
 * marked, tells what people said from what the template wrote, so that no message can spell a control token.
 *
 * @module
 */
import type { ChatPiece, Message } from "../../base/encoder.ts";
import { ConfigError } from "../../base/errors.ts";
import { nearest, show } from "../../base/schema.ts";
import { splitSpecial } from "../special.ts";
import { parseJinja, type Program, renderJinja, stripEnd, stripStart } from "./jinja.ts";
import { byOrigin, moved, type OriginPart, usesPrivateRange, withMovedText } from "./provenance.ts";
import { type TemplateName, TEMPLATES } from "./templates.ts";

/** A segment of a rendered conversation: ordinary text, or a special token when it has an `id`. */
export interface ChatSegment {
  /** Its origin: the template, a message of the user or the system, or an answer. */
  kind: ChatPiece["kind"];
  /** The text, or the text of the special token. */
  text: string;
  /** Id of the special token. */
  id?: number;
  /** True for text that the template wrote, in which control tokens are recognised. */
  fromTemplate: boolean;
}

/** The special tokens of a vocabulary that a template may use. */
export interface TemplateTokens {
  /** Text of BOS, or "" where there is none. */
  bos: string;
  /** Text of EOS, or "" where there is none. */
  eos: string;
  /** Texts of the unknown and the padding token, or "" where there are none. */
  unk: string;
  pad: string;
  /** Ids of the control tokens by their text. */
  special: ReadonlyMap<string, number>;
}

/**
 * The placeholder of a message: its number between two private-use characters, and spaces around them. A template that
 * trims its messages removes the spaces.
 */
const PLACEHOLDER = /(\u2003?)\uE000(\d+)\uE001(\u2003?)/;

/** Tokens that end an answer in templates that cannot render the probe. */
const KNOWN_ENDS = [
  "<|im_end|>",
  "<|eot_id|>",
  "<|end|>",
  "<end_of_turn>",
  "<|end_of_turn|>",
  "<|endofturn|>",
];

/** The most sequences of roles whose rendering is kept. [ours] */
const MAX_SLOT_TEXTS = 256;

const CHANGES = "it changes what is said, or depends on it";

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
  #jinja: Program | undefined;
  #probe: ProbeResult | undefined;
  #slotTexts = new Map<string, string | undefined>();

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
   * @param answering true to end with the opening of the next answer, without spaces behind it
   * @param training true to check that a model can be trained on the result: the text before an answer equals the
   * prompt of that answer, a control token ends the answer, and each message is there as it was said
   * @throws {ConfigError} when the template refuses the conversation, omits a message, passes a limit, mixes what is
   * said with its own text in a way that could forge control tokens, or no model can be trained on it
   */
  render(messages: readonly Message[], answering: boolean, training: boolean): ChatSegment[] {
    const { segments, isVerbatim } = this.#render(messages, answering);
    const { obstacle } = training ? this.#probe ??= this.#runProbe() : { obstacle: null };
    const problem = obstacle ?? (training && !isVerbatim ? CHANGES : null);
    if (problem !== null) throw new ConfigError(`Cannot train on this chat template: ${problem}`);
    return segments;
  }

  /** Renders to segments; `isVerbatim` is true where each message stands in the text but for white space around it. */
  #render(
    messages: readonly Message[],
    answering: boolean,
  ): { segments: ChatSegment[]; isVerbatim: boolean } {
    const slots = this.#bySlots(messages, answering);
    const isKnown = this.name !== "jinja" && slots !== undefined;
    const whole = isKnown ? "" : this.#text(this.#parsed(), messages, answering);
    const text = answering ? whole.replace(/ +$/, "") : whole;
    const isVerbatim = isKnown || slots?.segments.map((segment) => segment.text).join("") === text;
    const omitted = messages.findIndex((_, i) => !slots?.seen.has(i));
    if (isVerbatim && omitted >= 0) throw omits(omitted, messages[omitted].role);
    const segments = isVerbatim ? slots!.segments : this.#byOrigin(messages, answering, whole, text);
    return { segments: closeAnswers(segments, this.#tokens), isVerbatim };
  }

  /** Renders with placeholders for the messages; undefined where the template does not accept those. */
  #bySlots(
    messages: readonly Message[],
    answering: boolean,
  ): { segments: ChatSegment[]; seen: Set<number> } | undefined {
    const parts = this.#slotText(messages, answering)?.split(PLACEHOLDER);
    if (parts === undefined) return undefined;
    const seen = new Set<number>();
    const segments: ChatSegment[] = [];
    for (let i = 0; i < parts.length; i += 4) {
      const spaces = i + 4 < parts.length || answering ? / *$/.exec(parts[i])![0].length : 0;
      segments.push(...this.#control(parts[i].slice(0, parts[i].length - spaces)));
      if (i + 4 >= parts.length) break;
      const at = Number(parts[i + 2]);
      const { role, content } = messages[at];
      const left = parts[i + 1] === "" ? stripStart(content) : content;
      const trimmed = parts[i + 3] === "" ? stripEnd(left) : left;
      const kind = role === "assistant" ? "answer" : "content";
      segments.push({ kind, text: " ".repeat(spaces) + trimmed, fromTemplate: false });
      seen.add(at);
    }
    return { segments, seen };
  }

  /**
   * Renders with the template's own text marked. Where that changes the result, or leaves a control token without
   * origin, no message may hold a character with which a control token begins.
   */
  #byOrigin(messages: readonly Message[], answering: boolean, whole: string, text: string): ChatSegment[] {
    const isMarkable = !messages.some(({ content }) => usesPrivateRange(content));
    const render = () => this.#text(withMovedText(this.#parsed()), messages, answering, moved);
    const parts = byOrigin((isMarkable ? this.#attempt(render) : undefined) ?? "");
    const tokensIn = (part: string) =>
      splitSpecial(part, this.#tokens.special).filter(({ id }) => id !== undefined);
    const isSaid = (token: string) => messages.some(({ content }) => content.includes(token));
    const isClear = parts.map((part) => part.text).join("") === whole &&
      parts.every((part) => part.fromTemplate || tokensIn(part.text).every(({ text }) => isSaid(text)));
    if (isClear) return this.#originSegments(parts, messages, whole.length - text.length);
    const first = new Set([...this.#tokens.special.keys()].map((token) => token[0]));
    const risky = messages.findIndex(({ content }) => [...content].some((char) => first.has(char)));
    if (risky >= 0) throw mixes(risky, [...first].join(" "));
    return this.#control(text);
  }

  /** Makes segments of parts by origin, without the last `surplus` characters. */
  #originSegments(parts: OriginPart[], messages: readonly Message[], surplus: number): ChatSegment[] {
    const kindOf = kindsOf(messages);
    const last = parts.at(-1);
    if (last) last.text = last.text.slice(0, Math.max(0, last.text.length - surplus));
    return parts.flatMap((part): ChatSegment[] =>
      part.fromTemplate
        ? this.#control(part.text)
        : [{ kind: kindOf(part.text), text: part.text, fromTemplate: false }]
    );
  }

  /** Splits text of the template at the control tokens in it. */
  #control(text: string): ChatSegment[] {
    return splitSpecial(text, this.#tokens.special)
      .map((part): ChatSegment => ({ kind: "control", ...part, fromTemplate: true }));
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
      const { segments, isVerbatim } = this.#render(talk, false);
      const endings = segments.filter(({ kind }) => kind === "answer").flatMap(({ id }) => id ?? []);
      if (!isVerbatim) return { obstacle: CHANGES, endings };
      if (endings.length < 2) return { obstacle: "it puts no special token behind an answer", endings };
      return { obstacle: [1, 3].every((turn) => this.#isStable(talk, turn)) ? null : UNSTABLE, endings };
    } catch (cause) {
      const known = KNOWN_ENDS.filter((token) => this.source.includes(token));
      const endings = known.flatMap((token) => this.#tokens.special.get(token) ?? []);
      return { obstacle: (cause as Error).message, endings };
    }
  }

  /** Returns true when `talk` begins with the prompt for its message `turn`, and that message follows at once. */
  #isStable(talk: readonly Message[], turn: number): boolean {
    const whole = this.#slotText(talk, false) ?? "";
    const prompt = (this.#slotText(talk.slice(0, turn), true) ?? " ").replace(/ +$/, "");
    const [between, , next] = whole.slice(prompt.length).split(PLACEHOLDER);
    return whole.startsWith(prompt) && /^ *$/.test(between) && Number(next) === turn;
  }

  #parsed(): Program {
    try {
      return this.#jinja ??= parseJinja(this.source);
    } catch (cause) {
      throw new ConfigError(`Cannot use the chat template: ${(cause as Error).message}`, {
        value: this.source,
        cause,
      });
    }
  }

  /** Renders with placeholders, once for each sequence of roles: only the date could change the result. */
  #slotText(messages: readonly Message[], answering: boolean): string | undefined {
    const key = `${answering} ${messages.map(({ role }) => role).join(" ")}`;
    if (this.#slotTexts.has(key)) return this.#slotTexts.get(key);
    const text = this.#renderSlots(messages, answering);
    if (this.#slotTexts.size >= MAX_SLOT_TEXTS) this.#slotTexts.clear();
    if (!this.source.includes("strftime_now")) this.#slotTexts.set(key, text);
    return text;
  }

  #renderSlots(messages: readonly Message[], answering: boolean): string | undefined {
    const slots = messages.map(({ role }, i) => ({ role, content: `\u2003\uE000${i}\uE001\u2003` }));
    return this.#attempt(() => this.#text(this.#parsed(), slots, answering));
  }

  /** Returns the result of a second rendering; undefined where the template raises an error in it. */
  #attempt(render: () => string): string | undefined {
    try {
      return render();
    } catch (error) {
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
  }

  #text(
    program: Program,
    messages: readonly Message[],
    answering: boolean,
    shown: (token: string) => string = (token) => token,
  ): string {
    const { bos, eos, unk, pad } = this.#tokens;
    try {
      return renderJinja(program, {
        messages: messages.map(({ role, content }) => ({ role, content })),
        add_generation_prompt: answering,
        tools: null,
        documents: null,
        bos_token: shown(bos),
        eos_token: shown(eos),
        ...(unk !== "" && { unk_token: shown(unk) }),
        ...(pad !== "" && { pad_token: shown(pad) }),
      }, this.name !== "jinja");
    } catch (cause) {
      throw new ConfigError(`Cannot render the chat template: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Returns a function to the kind of each said part, called in the order of the parts. */
function kindsOf(messages: readonly Message[]): (text: string) => "content" | "answer" {
  let at = 0;
  return (text) => {
    const found = messages.findIndex(({ content }, i) => i >= at && content.includes(text.trim()));
    if (found >= 0) at = found;
    return messages[at].role === "assistant" ? "answer" : "content";
  };
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

function mixes(index: number, characters: string): ConfigError {
  return new ConfigError(
    `Cannot render the conversation: the chat template works on the text of the messages in such a way that message ` +
      `${index} could forge a control token; remove the characters ${characters} from it`,
  );
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
