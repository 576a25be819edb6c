import assert from "node:assert/strict";
import { maskedCrc, scalarRecord } from "../../../../src/train/monitoring/logs/tensorboard_file.ts";
import type { Model } from "../../../../src/model/mod.ts";
import { quiet, short, tinyModel, tokens } from "../../support.ts";
import { inFolder } from "../../../support/folder.ts";
import { canRun, needs } from "../../../support/needs.ts";

const hidden = { display: false } as const;

Deno.test("the checksum is CRC-32C, masked for TFRecord", () => {
  // RFC 3720, B.4: 32 bytes of zeros give 8A9136AA; "123456789" gives E3069283.
  const mask = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  assert.equal(maskedCrc(new Uint8Array(32)), mask(0x8a9136aa));
  assert.equal(maskedCrc(new TextEncoder().encode("123456789")), mask(0xe3069283));
});

Deno.test("a record is an Event message in TFRecord's framing, byte for byte", () => {
  const bytes = scalarRecord(1.5, 300, [["a", 2]]);
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  const event = "09000000000000f83f" + "10ac02" + "2a0a" + "0a08" + "0a0161" + "1500000040";
  assert.equal(hex.slice(0, 16), (event.length / 2).toString(16).padEnd(16, "0"));
  assert.equal(hex.slice(24, -8), event);
});

const python = Deno.env.get("LLAMERO_TENSORBOARD_PYTHON") ?? "python3";

const reader = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
found = EventAccumulator(sys.argv[1])
found.Reload()
tags = found.Tags()["scalars"]
print(json.dumps({tag: [[e.step, e.value] for e in found.Scalars(tag)] for tag in tags}))
`;

const tensorboard = needs(
  await canRun(python, "-c", "import tensorboard"),
  "no Python with tensorboard; name one in LLAMERO_TENSORBOARD_PYTHON",
);

Deno.test({
  name: `TensorBoard reads the curves of a run that repeated a step after a resume${tensorboard.reason}`,
  ignore: tensorboard.ignore,
}, async () => {
  await inFolder(async (folder) => {
    const chain = (model: Model) =>
      quiet(model, { checkpoint: `${folder}/run`, log: `${folder}/log` })
        .pretrain(tokens(8), {
          ...short,
          steps: 9,
          checkpointEvery: 3,
          validation: tokens(2, 5),
          validateEvery: 3,
        });
    using first = await tinyModel();
    await chain(first).run({ ...hidden, until: 7 });
    Deno.removeSync(`${folder}/run/step-000007`, { recursive: true }); // so that step 7 is done twice
    using second = await tinyModel();
    const { history, validations } = await chain(second).resume(undefined, hidden);
    const { stdout, stderr, success } = await new Deno.Command(python, {
      args: ["-c", reader, `${folder}/log`],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const found: Record<string, [number, number][]> = JSON.parse(new TextDecoder().decode(stdout));
    assert.deepEqual(found["train/loss"], history.map(({ step, loss }) => [step, loss]));
    assert.deepEqual(
      found["train/learning rate"].map(([, rate]) => rate),
      history.map(({ learningRate }) => Math.fround(learningRate)),
    );
    assert.deepEqual(
      found["validation/loss"],
      validations.map(({ step, loss }) => [step, Math.fround(loss)]),
    );
  });
});

Deno.test("curves that cannot be written are a warning", async () => {
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/log`, "in the way");
    using model = await tinyModel();
    const run = quiet(model, { log: `${folder}/log` }).pretrain(tokens(8), {
      ...short,
      steps: 3,
      validation: false,
    }).run(hidden);
    assert.equal((await run).history.length, 3);
    assert.match(String(run), /Warning: No more curves are written to .*log/);
  });
});
