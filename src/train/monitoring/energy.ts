/**
 * Energy and carbon of a run [paper 6].
 *
 *     Wh = hours x W x PUE                  g CO2eq = Wh x kg per kWh
 *
 * with PUE 1.1 and 0.385 kg per kWh, the US average, as in the paper. The power is the user's; else it is read from the
 * processor's own counter (RAPL, Linux) where a processor does the work; else it is the most that the board draws, from
 * a table, as in the paper. Otherwise it is unknown, and the source says so.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../base/schema.ts";
import { energy, mass } from "../../display/mod.ts";
import type { Device } from "../../gpu/mod.ts";
import { boardOf, boardsDate } from "./gpu_power.ts";

/** Assumptions about power and grid. */
export interface EnergyOptions {
  /**
   * Power of the device in watts; the paper takes 400 for an A100-80GB, its thermal design power. Default: measured
   * where a processor does the work and its counter can be read, else that of the board in a table of known ones, else
   * unknown.
   */
  watts?: number;
  /** Power usage effectiveness of the place; 1 for a laptop on a desk. Default 1.1 [paper 6]. */
  pue?: number;
  /** kg of CO2eq per kWh. Default 0.385, the US average [paper 6]. */
  gridKgPerKWh?: number;
}

/** {@linkcode EnergyOptions} with the defaults filled in. */
export type EnergySettings = EnergyOptions & Required<Omit<EnergyOptions, "watts">> & {
  /** True where the user gave some of the options; an unknown energy then shows, with what to do. */
  asked?: boolean;
};

/** Defaults and checks of {@linkcode EnergyOptions}. */
export const energySchema: z.ZodType<EnergySettings, EnergyOptions> = optionsSchema<EnergyOptions>(
  "EnergyOptions",
)(
  z.strictObject({
    watts: z.number("must be a number of watts").positive("must be above 0").optional(),
    pue: z.number("must be a number").min(1, "must be at least 1").default(1.1),
    gridKgPerKWh: z.number("must be a number").min(0, "must be at least 0").default(0.385),
  }),
);

/** Energy and carbon of a run. */
export interface EnergyUse {
  /** Watt-hours, PUE included; undefined where the power is not known. */
  wattHours?: number;
  /** Grams of CO2eq. */
  gramsCO2eq?: number;
  /** Power usage effectiveness that was assumed. */
  pue: number;
  /** kg of CO2eq per kWh that was assumed. */
  gridKgPerKWh: number;
  /** Source of the power, or why it is unknown. */
  source: string;
}

/** Describes energy and carbon in one line, with their source. */
export function energyText({ wattHours, gramsCO2eq, source, pue, gridKgPerKWh }: EnergyUse): string {
  if (wattHours === undefined) return source;
  const carbon = `${mass(gramsCO2eq!)} CO2eq`;
  return `${energy(wattHours)}, ${carbon} (${source}, PUE ${pue}, ${gridKgPerKWh} kg per kWh)`;
}

/** Returns the watt-hours of `watts` over `seconds`, with a PUE. */
export function wattHours(seconds: number, watts: number, pue: number): number {
  return seconds / 3600 * watts * pue;
}

/** Returns the power that is known without measuring, the user's or else the board's, and its source. */
export function powerOf(
  { watts }: EnergyOptions,
  { adapter, software }: Pick<Device, "adapter" | "software">,
): { watts: number; source: string } | undefined {
  if (watts !== undefined) return { watts, source: `${watts} W as given` };
  const board = software ? undefined : boardOf(adapter);
  if (!board) return undefined;
  const source =
    `${board.watts} W, the most that a board "${board.name}" draws (table of ${boardsDate}: ${board.source})`;
  return { watts: board.watts, source };
}

/** A counter of the processor, in microjoules. */
interface RaplCounter {
  path: string;
  /** Value at which it starts again from 0. */
  range: number;
  last: number;
}

/** The share of a run whose energy a meter counts. */
export interface MeterPlace {
  /** Watt-hours of earlier sessions of the same run. */
  wattHoursBefore?: number;
  /** Devices that train, each of which draws the watts. */
  devices?: number;
  /** Hosts whose processors are measured. */
  hosts?: number;
  /** False on a rank whose host another rank measures. */
  counts?: boolean;
}

/** The energy meter of a run. */
export class EnergyMeter {
  readonly #options: EnergySettings;
  readonly #wattHoursBefore: number;
  readonly #counters: RaplCounter[];
  readonly #watts?: number;
  readonly #source: string;
  #joules = 0;
  #seconds = 0;
  /** Joules that the processors of other hosts took. */
  joulesElsewhere = 0;

  /**
   * Starts the processor's counters where the power is not known otherwise.
   *
   * @param place sessions and devices whose energy counts too
   */
  constructor(
    options: EnergySettings,
    device: Pick<Device, "adapter" | "software">,
    { wattHoursBefore = 0, devices = 1, hosts = 1, counts = true }: MeterPlace = {},
  ) {
    this.#options = options;
    this.#wattHoursBefore = wattHoursBefore;
    const known = powerOf(options, device);
    this.#watts = known && known.watts * devices;
    this.#counters = !known && device.software && counts ? raplCounters() : [];
    const { length } = this.#counters;
    const packages = `RAPL, ${length} processor package${length > 1 ? "s" : ""}`;
    this.#source = known
      ? devices > 1 ? `${devices} devices, each ${known.source}` : known.source
      : length
      ? hosts > 1 ? `${packages} on each of ${hosts} hosts` : packages
      : "unknown: give watts";
  }

  /** Adds `seconds` of work. */
  add(seconds: number): void {
    this.#seconds += seconds;
    for (const counter of this.#counters) {
      const now = readNumber(counter.path) ?? counter.last;
      const grown = now - counter.last;
      this.#joules += (grown < 0 ? grown + counter.range : grown) / 1e6;
      counter.last = now;
    }
  }

  /** Joules that the processors of this host took. */
  get joules(): number {
    return this.#joules;
  }

  /** True where the energy is known, or the user asked for it. */
  get isShown(): boolean {
    return this.#watts !== undefined || this.#counters.length > 0 || this.#options.asked === true;
  }

  /** Returns energy and carbon so far. */
  use(): EnergyUse {
    const { pue, gridKgPerKWh } = this.#options;
    const watts = this.#watts;
    const source = this.#source;
    const own = watts !== undefined
      ? wattHours(this.#seconds, watts, pue)
      : this.#counters.length
      ? (this.#joules + this.joulesElsewhere) / 3600 * pue
      : undefined;
    if (own === undefined) return { pue, gridKgPerKWh, source };
    const all = own + this.#wattHoursBefore;
    return { wattHours: all, gramsCO2eq: all * gridKgPerKWh, pue, gridKgPerKWh, source };
  }
}

const powercap = "/sys/class/powercap";

/** Returns the readable counters of whole processor packages. */
function raplCounters(): RaplCounter[] {
  let names: string[];
  try {
    names = [...Deno.readDirSync(powercap)].map(({ name }) => name);
  } catch {
    return [];
  }
  return names.filter((name) => /^intel-rapl:\d+$/.test(name)).flatMap((name) => {
    const path = `${powercap}/${name}/energy_uj`;
    const last = readNumber(path);
    const range = readNumber(`${powercap}/${name}/max_energy_range_uj`);
    return last === undefined || range === undefined ? [] : [{ path, range, last }];
  });
}

function readNumber(path: string): number | undefined {
  try {
    const value = Number(Deno.readTextFileSync(path));
    return Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
