/**
 * The folder that several ranks write together, which must be one and the same for all.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { fromRank, gatherValues, type Group } from "../../base/exchange.ts";
import { rankName, shownByFirst, together } from "../../base/together.ts";

/** Milliseconds after which a rank looks again for a file that another one has made. [ours] */
const lookAgain = [0, 100, 1000];

/**
 * Makes a folder that all ranks of a group write, and checks that each sees the files of the others. Every rank calls it.
 *
 * @param option the option that names the folder, for errors
 * @throws {ConfigError} naming a rank, and its host, that sees another folder
 */
export async function makeSharedFolder(group: Group, folder: string, option: string): Promise<void> {
  const nonce = await fromRank(group, 0, "nonce", () => `.nonce.${crypto.randomUUID()}.tmp`);
  await together(group, "shared folder", async () => {
    if (group.rank > 0) return;
    await Deno.mkdir(folder, { recursive: true });
    if (group.size > 1) await Deno.writeTextFile(`${folder}/${nonce}`, nonce);
  });
  if (group.size === 1) return;
  const seen = await gatherValues(group, await exists(`${folder}/${nonce}`), "shared folder seen");
  if (group.rank === 0) await Deno.remove(`${folder}/${nonce}`).catch(() => {});
  requireSeen(group, seen, folder, option);
}

function requireSeen(group: Group, seen: readonly boolean[], folder: string, option: string): void {
  const blind = seen.indexOf(false);
  if (blind < 0) return;
  throw shownByFirst(
    group,
    new ConfigError(
      `Cannot write to ${folder}: ${rankName(group, blind)} does not see what ${
        rankName(group, 0)
      } writes there. All ` +
        "ranks need one folder, on a file system that their hosts share",
      { path: option, value: folder },
    ),
  );
}

async function exists(path: string): Promise<boolean> {
  for (const wait of lookAgain) {
    if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
    if (await Deno.stat(path).then(() => true, () => false)) return true;
  }
  return false;
}
