/**
 * The GPU of a process that shares its host with others: each takes one of its own.
 *
 * WebGPU has no number of an adapter. The Vulkan loader and Mesa's layer put the device first that their variables name, which a
 * driver reads when the first adapter is asked for; a software adapter takes its number of threads in the same way.
 *
 * @module
 */

/** The place of a process on its host. */
export interface HostShare {
  /** Its number among the processes of the host, counted from 0. */
  rank: number;
  /** Number of processes of the host. */
  ranks: number;
}

/** A GPU of this host. */
export interface HostGpu {
  /** Its address on the PCI bus, such as `0000:03:00.0`. */
  address: string;
  /** Hexadecimal number of its maker, such as `0x10de`. */
  vendor: string;
  /** Hexadecimal number of its model. */
  model: string;
}

/** Variables by which a user or a scheduler has chosen a GPU already. */
const choices = [
  "VK_LOADER_DEVICE_SELECT",
  "MESA_VK_DEVICE_SELECT",
  "DRI_PRIME",
  "VK_DRIVER_FILES",
  "VK_ICD_FILENAMES",
  "DENO_WEBGPU_BACKEND",
  "CUDA_VISIBLE_DEVICES",
  "NVIDIA_VISIBLE_DEVICES",
  "ROCR_VISIBLE_DEVICES",
] as const;

/** Makers of GPUs that train; a server's graphics for its console is no such GPU. */
const makers = ["0x10de", "0x1002", "0x8086"];

/**
 * Returns the variables that give a process its share of the host: threads of a software adapter, and the GPU whose turn it is.
 * What is set already stays.
 */
export function rankSettings(
  { rank, ranks }: HostShare,
  gpus: readonly HostGpu[],
  cores: number,
  isSet: (name: string) => boolean,
): Record<string, string> {
  if (ranks < 2) return {};
  const threads = String(Math.max(1, Math.floor(cores / ranks)));
  const settings: Record<string, string> = isSet("LP_NUM_THREADS") ? {} : { LP_NUM_THREADS: threads };
  if (gpus.length < 2 || choices.some(isSet)) return settings;
  const own = gpus[rank % gpus.length];
  settings.DRI_PRIME = `pci-${own.address.replaceAll(/[:.]/g, "_")}`;
  const twins = gpus.filter(({ vendor, model }) => vendor === own.vendor && model === own.model).length;
  // The loader's variable names a model: among equal cards it would name the first one for every process.
  if (twins === 1) settings.VK_LOADER_DEVICE_SELECT = `${own.vendor}:${own.model}`;
  return settings;
}

/** Sets the variables of {@linkcode rankSettings} for this process, where its permissions allow it; before the first adapter. */
export function takeShare(share: HostShare): void {
  const isSet = (name: string) => !mayUse(name) || Deno.env.get(name) !== undefined;
  const settings = rankSettings(share, hostGpus(), navigator.hardwareConcurrency, isSet);
  for (const [name, value] of Object.entries(settings)) if (!isSet(name)) Deno.env.set(name, value);
}

/** Returns the warning for processes that share GPUs; undefined where each has one, or their number is not known. */
export function crowdWarning(
  { rank, ranks }: HostShare,
  gpus: readonly HostGpu[] = hostGpus(),
): string | undefined {
  if (rank > 0 || gpus.length === 0 || gpus.length >= ranks) return undefined;
  return `${ranks} processes of this host share ${gpus.length === 1 ? "one GPU" : `${gpus.length} GPUs`}: ` +
    `they wait for one another. Start as many processes as there are GPUs`;
}

/** Lists the GPUs of this host in the order of the PCI bus; empty where they cannot be seen. */
export function hostGpus(folder = "/sys/bus/pci/devices"): HostGpu[] {
  try {
    const text = (address: string, file: string) =>
      Deno.readTextFileSync(`${folder}/${address}/${file}`).trim();
    const addresses = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    return addresses.filter((address) => /^0x03(00|02|80)/.test(text(address, "class")))
      .map((address) => ({ address, vendor: text(address, "vendor"), model: text(address, "device") }))
      .filter(({ vendor }) => makers.includes(vendor));
  } catch {
    return []; // no such file system, or not permitted
  }
}

function mayUse(name: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable: name }).state === "granted";
}
