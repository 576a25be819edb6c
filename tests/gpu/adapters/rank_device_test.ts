// Shares of a host: which GPU a process takes, how many threads a software adapter gets, and what is left alone.
import assert from "node:assert/strict";
import { join } from "node:path";
import { crowdWarning, hostGpus, rankSettings } from "../../../src/gpu/adapters/rank_device.ts";
import { inFolder } from "../../support/folder.ts";

const card = (bus: string, model = "0x2335") => ({ address: `0000:${bus}:00.0`, vendor: "0x10de", model });
const unset = () => false;

Deno.test("ranks of a host share its cores among software adapters", () => {
  assert.deepEqual(rankSettings({ rank: 1, ranks: 2 }, [], 7, unset), { LP_NUM_THREADS: "3" });
  assert.deepEqual(rankSettings({ rank: 0, ranks: 4 }, [], 2, unset), { LP_NUM_THREADS: "1" });
  assert.deepEqual(rankSettings({ rank: 0, ranks: 1 }, [card("03")], 8, unset), {}, "a host of its own");
  assert.deepEqual(rankSettings({ rank: 0, ranks: 2 }, [], 8, (name) => name === "LP_NUM_THREADS"), {});
});

Deno.test("equal cards are told apart by their address, different ones by their model too", () => {
  const equal = [card("03"), card("41"), card("81")];
  const { DRI_PRIME, VK_LOADER_DEVICE_SELECT } = rankSettings({ rank: 4, ranks: 6 }, equal, 8, unset);
  assert.deepEqual([DRI_PRIME, VK_LOADER_DEVICE_SELECT], ["pci-0000_41_00_0", undefined]);
  const mixed = [card("03"), card("41", "0x1db6")];
  assert.deepEqual(rankSettings({ rank: 1, ranks: 2 }, mixed, 8, unset), {
    LP_NUM_THREADS: "4",
    DRI_PRIME: "pci-0000_41_00_0",
    VK_LOADER_DEVICE_SELECT: "0x10de:0x1db6",
  });
});

Deno.test("a choice of the user or the scheduler stays", () => {
  const gpus = [card("03"), card("41")];
  for (const name of ["MESA_VK_DEVICE_SELECT", "CUDA_VISIBLE_DEVICES", "VK_DRIVER_FILES"]) {
    const settings = rankSettings({ rank: 1, ranks: 2 }, gpus, 8, (other) => other === name);
    assert.deepEqual(settings, { LP_NUM_THREADS: "4" });
  }
});

Deno.test("the first of processes that share GPUs warns", () => {
  assert.match(crowdWarning({ rank: 0, ranks: 2 }, [card("03")])!, /^2 processes of this host share one GPU/);
  assert.match(crowdWarning({ rank: 0, ranks: 3 }, [card("03"), card("41")])!, /share 2 GPUs/);
  assert.equal(crowdWarning({ rank: 1, ranks: 2 }, [card("03")]), undefined);
  assert.equal(crowdWarning({ rank: 0, ranks: 2 }, [card("03"), card("41")]), undefined);
  assert.equal(crowdWarning({ rank: 0, ranks: 2 }, []), undefined, "their number is not known");
});

Deno.test("GPUs are read from the PCI bus in its order; other devices and a console's graphics are not", async () => {
  await inFolder(async (folder) => {
    const devices = [
      ["0000:41:00.0", "0x030200", "0x10de", "0x2335"],
      ["0000:03:00.0", "0x030000", "0x1002", "0x740f"],
      ["0000:02:00.0", "0x030000", "0x1a03", "0x2000"],
      ["0000:00:1f.0", "0x060100", "0x8086", "0xa1c1"],
    ];
    for (const [address, kind, vendor, device] of devices) {
      await Deno.mkdir(join(folder, address));
      for (const [file, text] of Object.entries({ class: kind, vendor, device })) {
        await Deno.writeTextFile(join(folder, address, file), `${text}\n`);
      }
    }
    assert.deepEqual(hostGpus(folder), [
      { address: "0000:03:00.0", vendor: "0x1002", model: "0x740f" },
      { address: "0000:41:00.0", vendor: "0x10de", model: "0x2335" },
    ]);
    assert.deepEqual(hostGpus(join(folder, "none")), []);
  });
});
