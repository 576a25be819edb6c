/**
 * Records what people see in a terminal: the quickstart, a run that Ctrl-C stops and `--resume` continues, and a chat.
 *
 * `deno run -A tests/terminal/record.ts` runs them all in a pseudo-terminal (the program `script` of util-linux) and
 * writes `docs/terminal.md`; with `quickstart`, `run` or `chat` behind it, that section alone.
 *
 * @module
 */
import { join } from "node:path";
import { root } from "../repo/tree.ts";
import { moments, Screen } from "./screen.ts";

/** Something that is typed once the screen shows a text. */
export interface Typed {
  /** Text to wait for, in what was shown since the last typing. */
  after: RegExp;
  /** Keys; `\x03` is Ctrl-C and `\x04` Ctrl-D. */
  keys: string;
}

/** Size of the terminal, in characters. */
const size = { columns: 100, rows: 40 };

/** Runs a shell command in a pseudo-terminal, types into it, and returns its screen. */
export async function runInTerminal(command: string, typed: readonly Typed[] = []): Promise<Screen> {
  const child = new Deno.Command("script", {
    args: ["-qfec", `stty cols ${size.columns} rows ${size.rows}; ${command}`, "/dev/null"],
    cwd: root,
    env: { NO_COLOR: "1", XDG_RUNTIME_DIR: "/tmp" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const keys = child.stdin.getWriter();
  const screen = new Screen();
  const waiting = [...typed];
  let fresh = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    screen.write(text);
    fresh += text;
    const next = waiting[0];
    if (next && next.after.test(fresh)) {
      waiting.shift();
      fresh = "";
      await keys.write(new TextEncoder().encode(next.keys));
    }
  }
  await keys.close().catch(() => {}); // the program is gone
  await child.status;
  return screen;
}

/**
 * Returns a screen as text, without Deno's own lines about downloads. A line that was rewritten is shown at a few moments, each
 * behind `~`.
 */
export function textOf(screen: Screen): string {
  return screen.lines.flatMap(({ text, earlier }) => [
    ...moments(earlier.map((old) => old.trimEnd()).filter((old) => !/^(Download|Initialize) /.test(old)), 4)
      .map((old) => `~ ${old}`),
    text.trimEnd(),
  ]).join("\n").trim();
}

/** A command of the recording, as a person types it. */
interface Command {
  /** The command line. */
  line: string;
  /** Keys that are typed while it runs. */
  typed?: Typed[];
  /** A comment behind the command line. */
  comment?: string;
}

/** A part of the recording. */
interface Section {
  /** Word that asks for this section alone. */
  name: string;
  /** Its heading. */
  title: string;
  /** A sentence about it. */
  about: string;
  /** The commands, one after another. */
  commands: Command[];
}

const pretrain =
  "deno run -A examples/pretrain.ts --steps 240 --batch-tokens 512 --vocab-size 1024 --out out/terminal";

const sections: readonly Section[] = [
  {
    name: "quickstart",
    title: "Quickstart",
    about: "From a book to a model that answers, by one command.",
    commands: [{ line: "deno task quickstart" }],
  },
  {
    name: "run",
    title: "A run that is stopped and goes on",
    about: "Ctrl-C ends the run within a step and saves it; `--resume` goes on to the same end, bit for bit.",
    commands: [
      {
        line: pretrain,
        comment: "Ctrl-C at about step 100",
        typed: [{ after: /pretrain 1\d\d\/240/, keys: "\x03" }],
      },
      { line: `${pretrain} --resume` },
    ],
  },
  {
    name: "chat",
    title: "Chat",
    about: "With the quickstart's model, which knows four kinds of question about a sentence, and no more.",
    commands: [{
      line: "deno run -A examples/chat.ts --temperature 0 --context 64",
      typed: [
        { after: /\n> $/, keys: "Who or what does this mention? The captain is asleep.\n" },
        { after: /\n> $/, keys: "Does this mention a person by name? Queequeg laughed aloud.\n" },
        { after: /\n> $/, keys: "How does this end? Where is the boat?\n" },
        { after: /\n> $/, keys: "/help\n" },
        { after: /\n> $/, keys: "\x04" },
      ],
    }],
  },
];

async function recorded({ title, about, commands }: Section): Promise<string> {
  const parts: string[] = [];
  for (const { line, comment, typed } of commands) {
    console.error(`$ ${line}`);
    parts.push(`$ ${line}${comment ? `  # ${comment}` : ""}\n${textOf(await runInTerminal(line, typed))}`);
  }
  return `## ${title}\n\n${about}\n\n\`\`\`text\n${parts.join("\n\n")}\n\`\`\`\n`;
}

const file = join(root, "docs/terminal.md");

/** Returns the sections that the file holds, by title. */
async function recordedBefore(): Promise<Map<string, string>> {
  const text = await Deno.readTextFile(file).catch(() => "");
  return new Map(
    text.split(/^(?=## )/m).slice(1).map((
      section,
    ) => [section.slice(3, section.indexOf("\n")), section.trimEnd()]),
  );
}

if (import.meta.main) {
  const texts = await recordedBefore();
  const asked = sections.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
  for (const section of asked) {
    if (section.name === "run") {
      await Deno.remove(join(root, "out/terminal"), { recursive: true }).catch(() => {});
    }
    texts.set(section.title, (await recorded(section)).replaceAll(root, "./").trimEnd());
  }
  const intro = `# In a terminal

What the examples show in a terminal of ${size.columns} columns, without colours (\`NO_COLOR=1\`). \`deno run -A tests/terminal/record.ts\` ran
them in a pseudo-terminal and wrote this file. A line that is updated in place is shown at up to four moments, each behind
\`~\`, and then as it stays. The machine has two CPU cores and no GPU.`;
  const all = sections.map(({ title }) => texts.get(title) ?? "").filter(Boolean);
  await Deno.writeTextFile(file, `${[intro, ...all].join("\n\n")}\n`);
}
