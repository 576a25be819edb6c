// Programs with exchanges: segments, what each exchange finds and leaves, memory, the listing and the profile.
import assert from "node:assert/strict";
import { type Exchange, isDispatch, Recorder, type Tensor } from "../../src/gpu/mod.ts";
import { upload } from "../../src/ops/mod.ts";
import { testDevice } from "../support/device.ts";

const device = await testDevice();

/** Records a + a, gathered from two processes, doubled, and half of the sum of that over two processes, doubled. */
function record(): { r: Recorder; a: Tensor; end: Tensor } {
  const r = new Recorder(device);
  const a = upload(device, "a", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
  const gathered = r.exchange("gather", r.sum("first", a, a), 2);
  const scattered = r.exchange("scatter", r.sum("second", gathered, gathered), 2);
  return { r, a, end: r.sum("third", scattered, scattered) };
}

const read = async (tensor: Tensor) => [...new Float32Array((await device.read([tensor.range()]))[0])];

/** Takes the place of another process that has 100 more in every number. */
async function exchange({ exchange, args: { x, y } }: Exchange): Promise<void> {
  const own = await read(x);
  const other = own.map((value) => value + 100);
  const sums = own.map((value, i) => value + other[i]);
  const result = exchange === "gather" ? [...own, ...other] : sums.slice(0, y.size);
  const { buffer, offset } = y.range();
  device.write(buffer, Float32Array.from(result), offset);
}

Deno.test("a program with exchanges runs by segments, with each exchange behind its calls", async () => {
  const { r, a, end } = record();
  const program = await r.compile("test: exchanges", [end]);
  try {
    assert.deepEqual(
      program.segments.map(({ first, end, exchange }) => [first, end, exchange?.exchange]),
      [[0, 1, "gather"], [2, 3, "scatter"], [4, 5, undefined]],
    );
    const kinds: string[] = [];
    await program.run(async (call) => {
      kinds.push(call.exchange);
      await exchange(call);
    });
    assert.deepEqual(kinds, ["gather", "scatter"]);
    const second = [1, 2, 3, 4, 5, 6].map((value) => 4 * value);
    assert.deepEqual(await read(end), second.map((value) => 2 * (value + value + 100)));
    assert.throws(() => program.replay(), /it has exchanges, call run/);
    const listing = program.picture().text;
    assert.match(listing, /exchange gather .* x\[2 3\] \*y\[4 3\]/);
    assert.match(listing, /exchange scatter .* x\[4 3\] \*y\[2 3\]/);
  } finally {
    program.dispose();
    device.free(a.range().buffer);
  }
});

Deno.test("a program without exchanges is one segment, which run submits as replay does", async () => {
  const r = new Recorder(device);
  const a = upload(device, "a", { shape: [2], data: Float32Array.of(1, 2) });
  const y = r.sum("y", a, a);
  const program = await r.compile("test: one segment", [y]);
  await program.run(() => Promise.reject(new Error("nothing is exchanged")));
  assert.deepEqual(await read(y), [2, 4]);
  assert.deepEqual(program.segments, [{ first: 0, end: 1 }]);
  program.dispose();
  device.free(a.range().buffer);
});

Deno.test("an exchange uses both of its tensors in the memory plan", () => {
  const { r, a } = record();
  const [first, gather, second, scatter, third] = r.calls;
  const bytes = (tensor: Tensor) => Math.ceil(tensor.bytes / 256) * 256;
  const made = [first.args.y, gather.args.y, second.args.y, scatter.args.y, third.args.y];
  const { bytes: planned, unshared, count } = r.measure();
  assert.equal(unshared, made.reduce((sum, tensor) => sum + tensor.bytes, 0));
  // Two tensors are alive at each call; a block that is free again takes the next one.
  assert.equal(count, 2);
  assert.equal(planned, 2 * bytes(gather.args.y));
  assert.ok(!isDispatch(gather) && isDispatch(second));
  device.free(a.range().buffer);
});

Deno.test("rows that processes do not share equally are not scattered", () => {
  const r = new Recorder(device);
  assert.throws(() => r.exchange("scatter", r.tensor("x", [3, 2]), 2), /2 does not divide 3 rows/);
});

Deno.test({
  name: "a profile times exchanges beside kernels, and asks for them",
  ignore: !device.timestamps,
  fn: async () => {
    const { r, a } = record();
    const program = await r.compile("test: profile");
    await assert.rejects(program.profile({ runs: 1 }), /give profile\(\{ exchange \}\)/);
    const profile = await program.profile({ runs: 2, exchange });
    assert.equal(profile.calls.length, 5);
    assert.ok(profile.calls[1].ms > 0, "a wait takes time");
    assert.match(profile.picture().text, /exchange scatter/);
    assert.match(profile.byKernel().text, /exchange gather/);
    program.dispose();
    device.free(a.range().buffer);
  },
});
