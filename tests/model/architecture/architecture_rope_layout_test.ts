// The original release's layout of queries and keys (golden meta_qk) is a permutation of the rows of Hugging Face's.
import assert from "node:assert/strict";
import { permuteRopeRows } from "../../../src/ops/mod.ts";
import { goldenJson, goldenTensors } from "../../support/golden.ts";

for (const name of ["A", "B"]) {
  Deno.test(`queries and keys of golden model ${name} in both layouts are the same weights`, () => {
    const config = goldenJson<
      { hidden_size: number; num_attention_heads: number; num_key_value_heads: number }
    >(`${name}/config.json`);
    const meta = goldenTensors(`${name}/meta_qk.safetensors`);
    const hf = goldenTensors(`${name}/model.safetensors`);
    const headDim = config.hidden_size / config.num_attention_heads;
    for (const [key, { data }] of meta) {
      const [, layer, which] = key.match(/^layers\.(\d+)\.attention\.w([qk])\.weight$/)!;
      const heads = which === "q" ? config.num_attention_heads : config.num_key_value_heads;
      const want = hf.get(`model.layers.${layer}.self_attn.${which}_proj.weight`)!.data;
      assert.deepEqual(permuteRopeRows(data, heads, headDim, "half"), want);
      assert.deepEqual(permuteRopeRows(want, heads, headDim, "interleaved"), data);
    }
    assert.equal(meta.size, 4);
  });
}
