/**
 * Reports of the parts of a job: each part that has ended names the units that it answers for, by which it is found out
 * whether all parts are there.
 *
 * @module
 */
import { writeAtomically } from "../../formats/atomic_file.ts";
import type { PartOfJob } from "./input_units.ts";
import { type ManifestFolder, namesIn, readJson } from "./manifest.ts";

/** The report of a part. */
export interface PartReport {
  /** Fingerprint of the job. */
  fingerprint: string;
  /** The input as the part saw it: number and digest of all units. */
  input: { units: number; digest: string };
  /** The part's own units, each with its place among all. */
  units: { index: number; unit: string }[];
}

/** The reports in the folder of a manifest. */
export class PartReports {
  readonly #folder: string;

  /** Names the folder; nothing is read. */
  constructor({ path }: ManifestFolder) {
    this.#folder = path;
  }

  /** Writes the report of a part that has ended. */
  async write(part: PartOfJob, report: PartReport): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(report));
    await writeAtomically(this.#pathOf(part), (write) => write(bytes));
  }

  /** Removes the report of a part that begins again. */
  async remove(part: PartOfJob): Promise<void> {
    await Deno.remove(this.#pathOf(part)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  /**
   * Removes the reports of an earlier job of another number of parts that had another plan or saw other input: its result
   * is replaced from now on. A job of as many parts loses its reports part by part.
   */
  async removeReplaced({ of }: PartOfJob, { fingerprint, input }: Omit<PartReport, "units">): Promise<void> {
    for (const report of await this.#read((number) => number !== of)) {
      if (report.fingerprint !== fingerprint || report.input.digest !== input.digest) {
        await this.remove(report);
      }
    }
  }

  /** Reads all reports, in the order of their numbers. */
  async all(): Promise<(PartOfJob & PartReport)[]> {
    return await this.#read(() => true);
  }

  /** Reads the reports of jobs of some numbers of parts. */
  async #read(isAsked: (of: number) => boolean): Promise<(PartOfJob & PartReport)[]> {
    const found: (PartOfJob & PartReport)[] = [];
    for (const name of await namesIn(this.#folder)) {
      const [, part, of] = /^part-(\d+)-of-(\d+)\.json$/.exec(name) ?? [];
      const report = of && isAsked(Number(of)) && await readJson<PartReport>(`${this.#folder}/${name}`);
      if (report) found.push({ part: Number(part), of: Number(of), ...report });
    }
    return found.sort((a, b) => a.of - b.of || a.part - b.part);
  }

  #pathOf({ part, of }: PartOfJob): string {
    return `${this.#folder}/part-${part}-of-${of}.json`;
  }
}
