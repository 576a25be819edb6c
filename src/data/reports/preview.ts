/**
 * The preview of a dataset: its first records, and the counts of its steps.
 *
 * @module
 */
import { Displayable, type Picture } from "../../display/display.ts";
import { bytes, plural } from "../../display/format.ts";
import { join } from "../../display/html.ts";
import { withProgress } from "../../display/progress.ts";
import { table } from "../../display/table.ts";
import { conversationsPicture, isConversation } from "./conversations_picture.ts";
import { flowOf } from "./flow.ts";
import { flowPicture } from "./flow_picture.ts";
import { type Document, textBytes } from "../document.ts";
import { countsByPlan } from "../plan/known_counts.ts";
import { type DatasetPlan, entriesOf, plansIn, sourceLabel } from "../plan/plan.ts";
import { Pass, type StepCounts } from "../plan/pass.ts";

/** The first records of a dataset. They are read once, by the first call of `read` or `show`. */
export class Preview<T> extends Displayable {
  readonly #plan: DatasetPlan<T>;
  readonly #count: number;
  #seen?: { records: T[]; steps: StepCounts[] };

  /** Makes a preview of the first `count` records of `plan`. */
  constructor(plan: DatasetPlan<T>, count: number) {
    super();
    this.#plan = plan;
    this.#count = count;
  }

  /** Returns the records, and reads them at the first call. */
  async read(options: { signal?: AbortSignal } = {}): Promise<T[]> {
    if (!this.#seen) {
      const pass = new Pass(options);
      const records: T[] = [];
      if (this.#count > 0) await this.#readInto(records, pass);
      this.#seen = { records, steps: pass.steps(plansIn(this.#plan)) };
    }
    return this.#seen.records;
  }

  #readInto(records: T[], pass: Pass): Promise<void> {
    const label = `reading ${sourceLabel(this.#plan)}`;
    return withProgress(label, { total: this.#count, unit: "record" }, async (progress) => {
      for await (const { value } of entriesOf(this.#plan, pass)) {
        progress.set(records.push(value));
        if (records.length === this.#count) break;
      }
    });
  }

  /** Reads the records if necessary, and displays them. */
  override async show(): Promise<void> {
    await this.read();
    await super.show();
  }

  /** Draws the records and the counts; before the records are read, the plan. */
  override picture(): Picture {
    if (!this.#seen) {
      const title = `First ${plural(this.#count, "record")}, not read yet: await .show()`;
      return flowPicture(title, flowOf(this.#plan));
    }
    const { records, steps } = this.#seen;
    const flow = flowOf(this.#plan, { counts: countsByPlan(this.#plan, steps) });
    return join(recordsPicture(records), flowPicture("Steps until then", flow));
  }

  /** Returns the number of requested records, and after `read` the records and the counts. */
  toJSON(): Record<string, unknown> {
    return { count: this.#count, ...this.#seen };
  }
}

/** Draws conversations by turns, and other records as the rows of a table. */
function recordsPicture(records: readonly unknown[]): Picture {
  const conversations = records.filter(isConversation);
  if (records.length > 0 && conversations.length === records.length) {
    return conversationsPicture(conversations);
  }
  return table(records.map(rowOf), { title: `First ${plural(records.length, "record")}` });
}

/** Converts a record to a row of the table: the text of a document, the fields of a row. */
function rowOf(value: unknown): object {
  if (typeof value !== "object" || value === null) return { record: value };
  const { id, text } = value as Partial<Document>;
  if (typeof text === "string") return { id, bytes: bytes(textBytes(value)), text: text.trim() };
  return ArrayBuffer.isView(value) ? { record: Array.from(value as Uint32Array).join(" ") } : value;
}
