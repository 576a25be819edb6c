/**
 * Reads the statistics and the instructions of compiled kernels out of the output of Mesa's driver for AMD.
 *
 * @module
 */

/** The driver's account of one kernel on one card. */
export interface ShaderStats {
  /** Vector registers of a lane. */
  registers: number;
  /** Registers, vector and scalar, that did not fit and live elsewhere. */
  spilled: number;
  /** Bytes of memory that a wave takes for what is not in registers. */
  scratch: number;
  /** Bytes of workgroup memory. */
  workgroupMemory: number;
  /** Waves that a SIMD unit holds at once, as the driver counts them: of 32 lanes on Navi, of 64 on Vega. */
  waves: number;
  /** Instructions. */
  instructions: number;
}

/** A kernel as the driver compiled it. */
export interface CompiledKernel {
  /** The name of the kernel; texts for other lengths and types may have the same. */
  name: string;
  /** The driver's account. */
  stats: ShaderStats;
  /** The instructions, one per line; empty where the driver was not asked for them. */
  assembly: string;
}

/** The line that the compiling process writes to stderr in front of a kernel's output. */
export function markerOf(name: string): string {
  return `### kernel ${name}`;
}

/** The line that ends a kernel's output. */
export const endMarker = "### end";

/**
 * Returns each kernel of the output, in order.
 *
 * @throws {Error} for a kernel without statistics: another version of the driver writes them otherwise
 */
export function readShaderStats(output: string): CompiledKernel[] {
  return output.split(markerOf("")).slice(1).map((part) => {
    const name = part.slice(0, part.indexOf("\n"));
    const text = part.slice(0, part.indexOf(endMarker));
    const count = (label: string) => {
      const found = text.match(new RegExp(`^${label}: (\\d+)$`, "m"));
      if (!found) throw new Error(`The driver's output for ${name} has no line "${label}"`);
      return Number(found[1]);
    };
    const stats = {
      registers: count("VGPRs"),
      spilled: count("Spilled VGPRs") + count("Spilled SGPRs"),
      scratch: count("Scratch size"),
      workgroupMemory: count("LDS size"),
      waves: count("Subgroups per SIMD"),
      instructions: count("Instructions"),
    };
    return { name, stats, assembly: text.match(/^disasm:\n([^]*?)\n\n/m)?.[1] ?? "" };
  });
}

/** Shares of multiply-adds among vector instructions. */
export interface Shares {
  /** In the whole text. */
  all: number;
  /** In the smallest loop that holds at least half of them; undefined where no loop does. */
  loop?: number;
}

/** Counts multiply-adds in an assembly text. */
export function multiplyAddShares(assembly: string): Shares {
  const lines = assembly.split("\n");
  const share = ({ all, multiplyAdds }: VectorCount) => all ? multiplyAdds / all : 0;
  const whole = countVector(lines);
  const loop = loopsOf(lines)
    .toSorted(([from, to], [a, b]) => (to - from) - (b - a))
    .map(([from, to]) => countVector(lines.slice(from, to)))
    .find(({ multiplyAdds }) => multiplyAdds > 0 && 2 * multiplyAdds >= whole.multiplyAdds);
  return { all: share(whole), ...loop && { loop: share(loop) } };
}

/** Numbers of vector instructions. */
interface VectorCount {
  all: number;
  multiplyAdds: number;
}

const multiplyAdd =
  /^v_(dual_|pk_)?(fma|fmac|fmamk|fmaak|mad|mac|madmk|madak|fma_mix(lo|hi)?|mad_mix(lo|hi)?)_f\d\d/;

/** Counts vector instructions; a line has two where the card issues them together (`v_dual_x ... :: v_dual_y ...`). */
function countVector(lines: readonly string[]): VectorCount {
  const names = lines.flatMap((line) => [...line.replace(/;.*/, "").matchAll(/(?:^\s*|:: )(v_\w+)/g)])
    .map((hit) => hit[1]);
  return { all: names.length, multiplyAdds: names.filter((name) => multiplyAdd.test(name)).length };
}

/** Returns the ranges of lines that a branch jumps back over. */
function loopsOf(lines: readonly string[]): [number, number][] {
  const labels = new Map<string, number>();
  const found: [number, number][] = [];
  lines.forEach((line, i) => {
    const label = line.match(/^(BB\d+):/)?.[1];
    if (label) labels.set(label, i);
    const start = labels.get(line.match(/^\s*s_c?branch\w*\s+(BB\d+)/)?.[1] ?? "");
    if (start !== undefined) found.push([start, i + 1]);
  });
  return found;
}
