"""Models of public sizes with random weights, and the answers of transformers to them, in float32 on the same rounded weights.

    python3 real_size.py write FOLDER < {"shape", "shardBytes"}    writes a folder of safetensors in bf16, in shards
    python3 real_size.py ask FOLDER < {"prompts", "greedy", "q8"}  logits after a prompt, greedy ids and their lead
    python3 real_size.py step FOLDER < {"ids", "targets", "samples"}    loss, gradients' norm, and samples of gradients

A shape is the fields of config.json that differ from LlamaConfig's. Weights are normal with deviation 1 / sqrt(columns), norms
between 0.75 and 1.25, the last four times that, so that the best id leads clearly. The prompt is the first after which every id
leads by 0.02, else the last. Logits are those of the last two positions; the lead of an id is its logit less the next one's.
With "q8" matrices are first packed to Q8_0 and unpacked by the package gguf. "samples" names parameters, of each of which the
first 64 gradients, before clipping, and weights are returned. "step" keeps the activations of one block at a time. Needs torch,
transformers and gguf.
"""

import json
import os
import sys

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def write(folder, shape, shardBytes):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.set_default_dtype(torch.bfloat16)
    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(**shape, attention_bias=False, mlp_bias=False, bos_token_id=1, eos_token_id=None))
    model = model.to_empty(device="cpu")
    model.tie_weights()
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                noise = torch.rand(parameter.shape, generator=generator, dtype=torch.float32)
                parameter.copy_((noise / 2 + 0.75) * (4 if name == "model.norm.weight" else 1))
            else:  # a few rows at a time, so that memory stays low
                for rows in parameter.split(4096):
                    noise = torch.randn(rows.shape, generator=generator, dtype=torch.float32)
                    rows.copy_(noise / parameter.shape[1] ** 0.5)
    model.save_pretrained(folder, max_shard_size=shardBytes)
    return sorted(os.listdir(folder))


def load(folder):
    import torch
    from transformers import LlamaForCausalLM

    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def pack(model):
    import torch
    from gguf import GGMLQuantizationType, quants

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                continue
            for rows in parameter.split(4096):
                packed = quants.quantize(rows.numpy(), GGMLQuantizationType.Q8_0)
                rows.copy_(torch.from_numpy(quants.dequantize(packed, GGMLQuantizationType.Q8_0)))


def ask(folder, prompts, greedy, q8=False):
    model = load(folder).eval()
    if q8:
        pack(model)
    for prompt in prompts:
        answer = continued(model, prompt, greedy)
        if min(answer["leads"]) >= 0.02:
            break
    return answer


def continued(model, prompt, greedy):
    import torch

    ids, leads = [], []
    with torch.no_grad():
        out = model(torch.tensor([prompt]), use_cache=True)
        logits = out.logits[0]
        for _ in range(greedy):
            best = out.logits[0, -1].topk(2)
            ids.append(int(best.indices[0]))
            leads.append(float(best.values[0] - best.values[1]))
            out = model(torch.tensor([[ids[-1]]]), past_key_values=out.past_key_values, use_cache=True)
    return dict(prompt=prompt, logits=logits[-2:].flatten().tolist(), ids=ids, leads=leads)


def step(folder, ids, targets, samples):
    import torch

    model = load(folder).train()
    getattr(model, "activation_checkpointing_enable", model.gradient_checkpointing_enable)()
    logits = model(torch.tensor([ids]), use_cache=False).logits[0]
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(targets))
    loss.backward()
    norm = torch.sqrt(sum((p.grad.double() ** 2).sum() for p in model.parameters()))
    named = dict(model.named_parameters())
    gradients = {name: named[name].grad.flatten()[:64].tolist() for name in samples}
    weights = {name: named[name].flatten()[:64].tolist() for name in samples}
    return dict(loss=loss.item(), norm=float(norm), gradients=gradients, weights=weights)


if __name__ == "__main__":
    action, folder = sys.argv[1:3]
    print(json.dumps(dict(write=write, ask=ask, step=step)[action](folder, **json.load(sys.stdin))))
