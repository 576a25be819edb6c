// Every verb that may take over a second shows its progress once, and no verb of the five classes is forgotten.
import assert from "node:assert/strict";
import { Dataset, Evaluator, Model, Tokenizer, Trainer } from "../../mod.ts";
import type { Document } from "../../src/data/mod.ts";
import { displayIn, type LiveUpdate, type Picture, type Sink } from "../../src/display/mod.ts";
import { inFolder } from "../support/folder.ts";
import { longVerbs, openWorkshop } from "./long_verbs.ts";
import { otherVerbs } from "./short_verbs.ts";

/** One moment of a display. */
interface Shown {
  update: LiveUpdate;
  text: string;
  final: boolean;
}

/** Runs `work` by a clock on which each look takes a second, and returns all that its displays show. */
async function shownBy(work: () => Promise<unknown>): Promise<Shown[]> {
  const shown: Shown[] = [];
  const sink: Sink = {
    kind: "notebook",
    show(update, final) {
      const picture = update.picture as Picture | (() => Picture);
      const { text } = typeof picture === "function" ? picture() : picture;
      shown.push({ update, text: text.split("\n", 1)[0], final });
    },
    flush: () => Promise.resolve(),
  };
  let time = 0;
  const clock = { now: () => time += 1000, after: () => () => {} };
  await displayIn({ sink, clock }, work);
  return shown;
}

/** Asserts that a display ends before the next one begins. */
function assertOneAtATime(shown: readonly Shown[]): void {
  const ended = new Set<LiveUpdate>();
  let current: LiveUpdate | undefined;
  for (const { update, text, final } of shown) {
    assert.ok(!ended.has(update), `"${text}" is shown after its end`);
    assert.ok(current === undefined || current === update, `"${text}" is shown beside another display`);
    current = final ? undefined : update;
    if (final) ended.add(update);
  }
  assert.equal(current, undefined, "a display does not end");
}

Deno.test("every verb that may take over a second shows its progress, once at a time", async (t) => {
  await inFolder(async (folder) => {
    const shop = await openWorkshop(folder);
    using _model = shop.model;
    for (const { verb, work, shows } of longVerbs) {
      await t.step(verb, async () => {
        const shown = await shownBy(() => work(shop));
        assertOneAtATime(shown);
        const going = shown.filter(({ final }) => !final).map(({ text }) => text);
        assert.ok(going.some((text) => shows.test(text)), `${shows} is not in\n${going.join("\n")}`);
        const ends = shown.filter(({ final }) => final).map(({ text }) => text);
        for (const text of ends) assert.match(text, /took \d|done/, text);
      });
    }
  });
});

Deno.test("every method of the five classes is in the table of long verbs, or among the others with the reason", () => {
  const known = new Set([
    ...longVerbs.map(({ verb }) => /^\w+\.\w+/.exec(verb)?.[0]),
    ...Object.values(otherVerbs).flat(),
  ]);
  const forgotten: string[] = [];
  for (const owner of [Dataset, Tokenizer, Model, Trainer, Evaluator]) {
    const methods = [
      ...methodsOf(owner, ["length", "name", "prototype"]),
      ...methodsOf(owner.prototype, ["constructor"]),
    ];
    assert.ok(methods.length > 3, owner.name);
    forgotten.push(...methods.map((name) => `${owner.name}.${name}`).filter((name) => !known.has(name)));
  }
  assert.deepEqual(forgotten, [], "enter them in tests/repo/long_verbs.ts, or in short_verbs.ts");
});

function methodsOf(owner: object, without: readonly string[]): string[] {
  return Object.getOwnPropertyNames(owner).filter((name) =>
    !without.includes(name) && typeof Object.getOwnPropertyDescriptor(owner, name)!.value === "function"
  );
}

Deno.test("nothing is shown of work that is over within its first second", async () => {
  const shown: string[] = [];
  const sink: Sink = {
    kind: "notebook",
    show: () => void shown.push("something"),
    flush: () => Promise.resolve(),
  };
  const clock = { now: () => 0, after: () => () => {} };
  await inFolder(async (folder) => {
    await displayIn({ sink, clock }, async () => {
      const shop = await openWorkshop(folder);
      using _model = shop.model;
      await shop.corpus.stats();
      await shop.model.loss(shop.corpus, { limit: 2 });
    });
  });
  assert.deepEqual(shown, []);
});

Deno.test("a run without a display shows nothing, and neither does the work inside of it", async () => {
  await inFolder(async (folder) => {
    const { model, corpus } = await openWorkshop(folder);
    using _model = model;
    const options = { steps: 2, batchTokens: 24, learningRate: 1e-3 };
    const shown = await shownBy(() =>
      new Trainer(model, { energy: false, checkpoint: `${folder}/silent` }).pretrain(corpus, options)
        .run({ display: false }).finished
    );
    assert.deepEqual(shown.map(({ text }) => text), []);
  });
});

Deno.test("an abort ends the display, which says so", async () => {
  await inFolder(async (folder) => {
    const { model, corpus } = await openWorkshop(folder);
    using _model = model;
    const stop = new AbortController();
    const until = (document: Document) => {
      if (document.id === "e") stop.abort(new Error("enough"));
      return true;
    };
    const shown = await shownBy(() =>
      assert.rejects(corpus.filter(until).stats({ signal: stop.signal }), /enough/)
    );
    assertOneAtATime(shown);
    assert.match(shown.at(-1)!.text, /^reading records: stopped at \d+ records after /);
    assert.equal(shown.at(-1)!.final, true);
  });
});
