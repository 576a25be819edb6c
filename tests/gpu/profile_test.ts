import assert from "node:assert/strict";
import { unpainted } from "../../src/display/terminal.ts";
import { ConfigError, DeviceError } from "../../src/base/errors.ts";
import { openDevice, Profile, Recorder } from "../../src/gpu/mod.ts";
import { matmul, upload } from "../../src/ops/mod.ts";

const matrix = { shape: [9, 7], data: new Float32Array(63).fill(1) };

Deno.test("a profile lists every call of the program with its time and speed", async () => {
  const device = await openDevice();
  const r = new Recorder(device, "all", false);
  const a = upload(device, "a", matrix);
  const c = r.tensor("c", [9, 9]);
  const d = r.tensor("d", [9, 9]);
  r.scope("0", () => matmul(r, "nt", a, a, c));
  matmul(r, "nt", a, a, d);
  const sum = r.sum("sum", c, d);
  const program = await r.compile("test", [sum]);
  const before = device.memory().bytes;
  const profile = await program.profile({ runs: 2 });
  assert.deepEqual(profile.calls.map(({ call }) => call), program.calls);
  for (const { ms, gflops, call } of profile.calls) {
    assert.ok(ms >= 0 && ms < 1000, `${ms} ms`);
    assert.equal(gflops !== undefined, call.flop > 0);
  }
  assert.equal(device.memory().bytes, before, "the timestamps are given back");
  assert.deepEqual([...new Float32Array((await device.read([sum.range()]))[0])], new Array(81).fill(14));
  assert.match(program.toString(), /matmul_?\S* .* \d+(\.\d+)? [kMG]?FLOP\/s +\d+\.\d{3} ms {2}/);
  await assert.rejects(program.profile({ runs: 0 }), ConfigError);
  program.dispose();
  await assert.rejects(program.profile(), DeviceError);
  device.close();
});

Deno.test("a profile's tables: each call, and the calls of one kernel on the same shapes together", async () => {
  const device = await openDevice({ without: ["timestamps"] });
  const r = new Recorder(device, "all", false);
  const a = upload(device, "a", matrix);
  for (const layer of ["0", "1"]) r.scope(layer, () => matmul(r, "nt", a, a, r.tensor("c", [9, 9])));
  r.sum("sum", a, a);
  const profile = new Profile("test", r.calls, [2, 1, 1]);
  assert.equal(profile.ms, 4);
  assert.deepEqual(profile.calls.map(({ gflops }) => gflops), [1134 / 2e6, 1134 / 1e6, undefined]);
  const lines = profile.picture().terminal!(unpainted, 200).split("\n");
  assert.equal(lines[0], "test: 3 calls, 4.00 ms");
  assert.equal(lines.length, 3 + 3);
  const merged = profile.byKernel().terminal!(unpainted, 200).split("\n");
  assert.equal(merged.length, 3 + 2);
  assert.match(merged[3], /^matmul_?\S* .*\*c\[9 9\] +2 +3\S* +75\.0% /);
  device.close();
});

Deno.test("a device without timestamps says so", async () => {
  const device = await openDevice({ without: ["timestamps"] });
  const r = new Recorder(device, "all", false);
  const a = upload(device, "a", matrix);
  r.sum("sum", a, a);
  const program = await r.compile("test");
  await assert.rejects(program.profile(), (error: DeviceError) => {
    assert.ok(error instanceof DeviceError);
    assert.match(error.message, /^Cannot profile the program of test: .* without timestamp-query/);
    return true;
  });
  device.close();
});
