/**
 * Recognises adapters that run on the CPU, and words the advice for machines without Vulkan.
 *
 * The file imports nothing: `.ci/setup.ts` loads it with `--no-config`, before any dependency is there.
 *
 * @module
 */

/** The fields of `GPUAdapterInfo` that tell a software adapter and its backend. */
export type AdapterFacts = Partial<
  Pick<
    GPUAdapterInfo,
    | "description"
    | "vendor"
    | "device"
    | "architecture"
    | "isFallbackAdapter"
    | "subgroupMinSize"
    | "subgroupMaxSize"
  >
>;

/**
 * Names of software renderers: Mesa's llvmpipe, lavapipe, softpipe, swr and older rasterizers, Google's SwiftShader,
 * Microsoft's WARP ("Basic Render Driver") and GDI renderer, and whatever calls itself software.
 */
const renderers =
  /llvmpipe|lavapipe|softpipe|swrast|\bswr\b|mesa (offscreen|x11)|swiftshader|software|basic render|\bwarp\b|gdi generic/i;

/** Returns the adapter's own name, such as `llvmpipe (LLVM 15.0.6, 256 bits)`. */
export function adapterName({ description, device, vendor }: AdapterFacts): string {
  return description || device || vendor || "unnamed adapter";
}

/** Returns true for a CPU that renders in a GPU's place. */
export function isSoftware(info: AdapterFacts): boolean {
  const names = [info.description, info.vendor, info.device, info.architecture].join(" ");
  return info.isFallbackAdapter === true || renderers.test(names);
}

/**
 * Returns true for a software adapter on OpenGL, which lacks the subgroups of a fixed size that the fast CPU kernels
 * need. WebGPU does not name the backend; OpenGL is known by the bounds 4 and 128, the specification's widest, which
 * Deno reports where the backend cannot tell the size of a subgroup.
 */
export function isSoftwareGl(info: AdapterFacts): boolean {
  return isSoftware(info) && info.subgroupMinSize === 4 && info.subgroupMaxSize === 128;
}

/** Packages of Mesa's Vulkan drivers and of the Vulkan loader, by the `ID` of /etc/os-release. */
const lines: Readonly<Record<string, string>> = {
  debian: "apt-get install -y mesa-vulkan-drivers libvulkan1",
  fedora: "dnf install -y mesa-vulkan-drivers vulkan-loader",
  arch: "pacman -S --noconfirm vulkan-swrast vulkan-icd-loader",
  alpine: "apk add mesa-vulkan-swrast vulkan-loader",
  suse: "zypper install -y libvulkan_lvp libvulkan1",
};

/** Returns the shell line that installs Vulkan, given the text of /etc/os-release; undefined for other systems. */
export function installLine(release: string): string | undefined {
  const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].flatMap((hit) => hit[1].split(" "));
  return Object.entries(lines).find(([id]) => ids.includes(id))?.[1];
}

/**
 * Returns the shell line that installs Vulkan on this machine; undefined where the system is not known or its name may
 * not be read. It never asks for a permission.
 */
export async function installLineHere(): Promise<string | undefined> {
  const path = "/etc/os-release";
  try {
    const { state } = await Deno.permissions.query({ name: "read", path });
    return state === "granted" ? installLine(await Deno.readTextFile(path)) : undefined;
  } catch {
    return undefined;
  }
}

/** Says which driver to install; `line` is from {@linkcode installLine}. */
export function driverAdvice(line: string | undefined): string {
  return line
    ? `Install a Vulkan driver, once, as root (Mesa's serve AMD, Intel and machines without a GPU): ${line}`
    : "Install the GPU's driver or, on Linux without a GPU, Mesa's software Vulkan driver (lavapipe)";
}

/** The message for a machine where no adapter opens. */
export const noAdapter = "Cannot find a WebGPU adapter";

/** Says that an adapter is slow, and how slow: measured on 2 CPU cores, with llvmpipe on OpenGL and on Vulkan. */
export function slowAdapter(name: string): string {
  return `${name} is a software adapter on OpenGL, and the fast kernels need Vulkan: the quickstart is almost 6 times ` +
    "slower (measured: 14.3 minutes instead of 2.5)";
}
