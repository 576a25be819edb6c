// Loading and saving take less memory than the GPU buffers, the largest tensor and 200 MB, for models of any size.
import assert from "node:assert/strict";
import { inFolder } from "../support/folder.ts";
import { needs } from "../support/needs.ts";

const child = new URL("./interop_child.ts", import.meta.url).pathname;

async function peakOf(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", child, ...args],
  })
    .output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { peak, gpu, largest } = JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const text = `${args[0]}: ${megabytes(peak - gpu)} beside the GPU's ${megabytes(gpu)}, largest ${
    megabytes(largest)
  }`;
  console.log(text);
  assert.ok(peak - gpu <= largest + 200e6, text);
}

const onLinux = needs(Deno.build.os === "linux", "the peak is read from Linux's /proc");

Deno.test({
  name: `a save and a load hold less than the largest tensor and 200 MB${onLinux.reason}`,
  ignore: onLinux.ignore,
  async fn() {
    await inFolder(async (folder) => {
      await peakOf("save", folder);
      await peakOf("load", folder);
      await peakOf("save", `${folder}/m.gguf`);
      await peakOf("load", `${folder}/m.gguf`);
    });
  },
});
