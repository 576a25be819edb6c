/**
 * Asks for an adapter, on Linux from Vulkan alone where it has one for certain.
 *
 * WebGPU would open OpenGL beside Vulkan: that takes longer, and OpenGL's library may corrupt the memory of a process that ends
 * while a driver's thread still frees some.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";

/** The variable that names the backends among which Deno looks; it reads it when the first adapter is asked for. */
const backendVariable = "DENO_WEBGPU_BACKEND";

/** Variables that name Vulkan's drivers in the place of those in its folders. */
const driverVariables = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"] as const;

const libraryFolders = [
  "/usr/lib64",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib",
] as const;
const driverFolders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"] as const;

/**
 * Requests the adapter of a GPU before that of a processor; null where there is none.
 *
 * @throws {DeviceError} in a runtime without WebGPU
 */
export async function requestAdapter(): Promise<GPUAdapter | null> {
  if (!navigator.gpu) {
    throw new DeviceError(
      "Cannot open a GPU: this runtime has no WebGPU. Models are made, trained and asked in Deno 2.9 or later: " +
        "run the script with `deno run -A`",
    );
  }
  const ask = () => navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (Deno.build.os !== "linux" || !mayChoose() || !hasVulkan()) return ask();
  Deno.env.set(backendVariable, "vulkan");
  try {
    return await ask();
  } finally {
    Deno.env.delete(backendVariable); // it is not for processes that this one starts
  }
}

/** Returns true where nobody has chosen a backend or drivers, and nothing has to be asked for. */
function mayChoose(): boolean {
  const granted = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  return [backendVariable, ...driverVariables].every((variable) =>
    granted({ name: "env", variable }) && Deno.env.get(variable) === undefined
  ) && [...libraryFolders, ...driverFolders, "/dev"].every((path) => granted({ name: "read", path }));
}

/**
 * Returns true where Vulkan opens an adapter for certain: its loader is there, and Mesa's software driver or NVIDIA's driver
 * with its device.
 *
 * @param root - the folder in the place of `/`, for tests
 */
export function hasVulkan(root = ""): boolean {
  const drivers = driverFolders.flatMap((folder) => filesOf(root + folder));
  const sure = drivers.some((name) => /^lvp_icd.*\.json$/.test(name)) ||
    drivers.some((name) => /^nvidia_icd.*\.json$/.test(name)) && filesOf(`${root}/dev`).includes("nvidiactl");
  return sure && libraryFolders.some((folder) => filesOf(root + folder).includes("libvulkan.so.1"));
}

function filesOf(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return []; // no such folder
  }
}
