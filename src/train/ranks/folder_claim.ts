/**
 * The claim of a process on a folder of checkpoints, for processes of a launcher that each train by themselves.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";

/** File that is locked while a run writes into its folder. */
const claimFile = ".run";

/**
 * Claims a folder for this process until the result is disposed.
 *
 * @throws {ConfigError} for a folder that another process has
 */
export function claimFolder(path: string): Disposable {
  Deno.mkdirSync(path, { recursive: true });
  const file = Deno.openSync(`${path}/${claimFile}`, { create: true, write: true });
  if (!file.tryLockSync(true)) {
    file.close();
    throw new ConfigError(
      `Cannot run: another process trains into ${path}. Give each process of parallel: false a folder of its own, ` +
        "such as `runs/${world.rank}`",
      { path: "Trainer.checkpoint", value: path },
    );
  }
  return { [Symbol.dispose]: () => file.close() };
}
