/**
 * Cards that are not there: their compiler without their hardware.
 *
 * Mesa's driver for AMD compiles for any card that `RADV_FORCE_FAMILY` names. The layer in null_card.c lets Deno's WebGPU
 * open such a card, and the driver writes statistics and instructions of each kernel to stderr.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Kernel, KernelFamily } from "../../src/gpu/mod.ts";
import { canRun } from "../support/needs.ts";
import { type CompiledKernel, readShaderStats } from "./shader_stats.ts";

/** The cards: the name of the chip for the driver, and for people. */
export const cards = { navi21: "Navi 21", gfx1100: "Navi 31", vega10: "Vega 10" } as const;

/** A card by the driver's name of its chip. */
export type Card = keyof typeof cards;

/** The folder of the manifests of Vulkan drivers. */
const manifests = "/usr/share/vulkan/icd.d";

const header = "/usr/include/vulkan/vk_layer.h";

/** Returns the reason why kernels cannot be compiled for the cards here; undefined where they can. */
export async function obstacle(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "Mesa's driver for AMD needs Linux";
  const missing = [
    ...await canRun("gcc", "--version") ? [] : ["gcc"],
    ...exists(header) ? [] : ["libvulkan-dev"],
    ...driverManifest() ? [] : ["mesa-vulkan-drivers"],
  ];
  return missing.length
    ? `needs Debian's ${missing.join(", ")}: apt-get install -y ${missing.join(" ")}`
    : undefined;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Returns the path of the manifest of Mesa's driver for AMD. */
function driverManifest(): string | undefined {
  try {
    const found = [...Deno.readDirSync(manifests)].find(({ name }) => /^radeon_icd.*\.json$/.test(name));
    return found && join(manifests, found.name);
  } catch {
    return undefined;
  }
}

const layer = {
  file_format_version: "1.1.2",
  layer: {
    name: "VK_LAYER_LLAMERO_null_card",
    type: "INSTANCE",
    library_path: "./null_card.so",
    api_version: "1.3.0",
    implementation_version: "1",
    description: "Lets WebGPU open a card that is not there",
  },
};

/** Options of a compilation. */
export interface CompileOptions {
  /** Reads the instructions of each kernel too, default true; without them it takes half the time. */
  assembly?: boolean;
}

/**
 * Compiles every kernel that a family runs for a card, in the order of first use.
 *
 * @throws {Error} where the layer or a kernel does not compile, with the output
 */
export function compileFor(
  card: Card,
  family: KernelFamily,
  options: CompileOptions = {},
): Promise<CompiledKernel[]> {
  return compileOn(card, "compile_all.ts", family, options);
}

/**
 * Compiles these kernels for a card, in order.
 *
 * @throws {Error} where the layer or a kernel does not compile, with the output
 */
export function compileKernels(
  card: Card,
  kernels: readonly Kernel[],
  options: CompileOptions = {},
): Promise<CompiledKernel[]> {
  return compileOn(card, "compile_kernels.ts", JSON.stringify(kernels), options);
}

/** Runs a program of this folder, which compiles kernels, on a card that is not there. */
async function compileOn(
  card: Card,
  program: string,
  argument: string,
  { assembly = true }: CompileOptions,
): Promise<CompiledKernel[]> {
  const folder = await Deno.makeTempDir();
  try {
    const source = fileURLToPath(new URL("null_card.c", import.meta.url));
    await run("gcc", ["-shared", "-fPIC", "-O1", "-o", join(folder, "null_card.so"), source], {});
    await Deno.writeTextFile(join(folder, "null_card.json"), JSON.stringify(layer));
    const child = fileURLToPath(new URL(program, import.meta.url));
    const output = await run(Deno.execPath(), ["run", "-A", child, argument], {
      VK_DRIVER_FILES: driverManifest()!,
      VK_LAYER_PATH: folder,
      VK_INSTANCE_LAYERS: layer.layer.name,
      RADV_FORCE_FAMILY: card,
      RADV_DEBUG: `nocache,shaderstats${assembly ? ",shaders" : ""}`,
      DENO_WEBGPU_BACKEND: "vulkan",
      LLAMERO_HOME: folder, // the tuner's choices on a card that computes nothing are kept for nobody
      XDG_RUNTIME_DIR: folder,
      NO_COLOR: "1",
    });
    return readShaderStats(output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a program to its end. Returns what it wrote to stderr. */
async function run(program: string, args: string[], env: Record<string, string>): Promise<string> {
  const { success, stderr } = await new Deno.Command(program, { args, env, stdin: "null", stdout: "null" })
    .output();
  const output = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`${program} ${args.join(" ")} failed:\n${output.slice(-4000)}`);
  return output;
}
