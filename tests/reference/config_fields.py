"""Records what transformers computes for changed fields of a config.json and a generation_config.json, for
tests/model/files/files_config_fields_test.ts and files_generation_fields_test.ts.

    python3 config_fields.py > config_fields.json

The weights follow from a formula that the test repeats, so that only numbers are kept: 16 logits after the last of 40 ids.
"""
import json

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

BASE = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 64, "hidden_size": 32,
        "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
        "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 500.0, "hidden_act": "silu",
        "tie_word_embeddings": False}
IDS = [(i * 37 + 11) % 64 for i in range(40)]
LLAMA3 = {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
          "original_max_position_embeddings": 32}
YARN = {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 16}

CHANGES = [
    {},
    {"rms_norm_eps": 0.5},
    {"rope_theta": 90.0},
    {"max_position_embeddings": 128},
    {"hidden_act": "swish"},
    {"rope_scaling": None}, {"rope_scaling": {}}, {"rope_parameters": None}, {"rope_parameters": {}},
    {"rope_parameters": {"rope_type": "default", "rope_theta": 90.0}},
    {"rope_parameters": {"rope_theta": 90.0}},
    {"rope_parameters": {"rope_type": "default"}},
    {"rope_parameters": {"rope_type": "linear", "factor": 3.0, "rope_theta": 90.0}},
    {"rope_parameters": {**LLAMA3, "rope_theta": 90.0}},
    {"rope_scaling": {"type": "linear", "factor": 3}},
    {"rope_scaling": {"rope_type": "linear", "factor": 1.5}},
    {"rope_scaling": {"rope_type": "linear", "type": "dynamic", "factor": 2.5}},
    {"rope_scaling": {"type": "linear", "factor": 0.5}},
    {"rope_scaling": {"type": "linear", "factor": 2, "rope_theta": 90.0}},
    {"rope_scaling": {"type": "linear", "factor": 2, "original_max_position_embeddings": 16}},
    {"rope_scaling": {"type": "dynamic", "factor": 4}},
    {"rope_scaling": {"type": "dynamic", "factor": 4, "original_max_position_embeddings": 16}},
    {"rope_scaling": LLAMA3},
    {"rope_scaling": {**LLAMA3, "factor": 2}},
    {"rope_scaling": {**LLAMA3, "low_freq_factor": 2}},
    {"rope_scaling": {**LLAMA3, "high_freq_factor": 9}},
    {"rope_scaling": {**LLAMA3, "original_max_position_embeddings": 12}},
    {"rope_scaling": {k: v for k, v in LLAMA3.items() if k != "original_max_position_embeddings"}},
    {"rope_scaling": LLAMA3, "original_max_position_embeddings": 12},
    {"rope_scaling": YARN},
    {"rope_scaling": {**YARN, "factor": 2.5}},
    {"rope_scaling": {**YARN, "factor": None}},
    {"rope_scaling": {**YARN, "factor": 0.5}},
    {"rope_scaling": {k: v for k, v in YARN.items() if k != "original_max_position_embeddings"}},
    {"rope_scaling": {**YARN, "original_max_position_embeddings": 40}},
    {"rope_scaling": YARN, "original_max_position_embeddings": 40},
    {"rope_scaling": {**YARN, "beta_fast": 4}},
    {"rope_scaling": {**YARN, "beta_slow": 0.25}},
    {"rope_scaling": {**YARN, "beta_fast": 2, "beta_slow": 2}},
    {"rope_scaling": {**YARN, "beta_fast": 0, "beta_slow": None}},
    {"rope_scaling": {**YARN, "attention_factor": 1.7}},
    {"rope_scaling": {**YARN, "mscale": 3.0}},
    {"rope_scaling": {**YARN, "mscale": 3.0, "mscale_all_dim": 0.5}},
    {"rope_scaling": {**YARN, "mscale": 1.0, "mscale_all_dim": 1.0}},
    {"rope_scaling": {**YARN, "mscale": 3.0, "mscale_all_dim": 0.5, "attention_factor": 1.1}},
    {"rope_scaling": {**YARN, "truncate": False}},
    {"rope_scaling": {**YARN, "finetuned": True}},
    {"rope_parameters": {**YARN, "rope_theta": 90.0}},
    {"rope_scaling": YARN, "rope_parameters": {**YARN, "rope_theta": 500.0}},
    {"tie_word_embeddings": True},
    {"pretraining_tp": 2}, {"attention_dropout": 0.3}, {"initializer_range": 0.5}, {"use_cache": False},
    {"torch_dtype": "float16"}, {"dtype": "bfloat16"}, {"pad_token_id": 3}, {"bos_token_id": 5}, {"eos_token_id": [6, 7]},
    {"head_dim": 16}, {"head_dim": None}, {"num_key_value_heads": 1}, {"sliding_window": None},
    {"use_sliding_window": False, "sliding_window": 8}, {"layer_types": ["full_attention", "full_attention"]},
    {"rope_interleaved": False}, {"attention_bias": False}, {"mlp_bias": False}, {"quantization_config": None},
    {"output_attentions": True}, {"output_hidden_states": True}, {"return_dict": False}, {"chunk_size_feed_forward": 0},
    {"transformers_version": "4.1.0"}, {"_name_or_path": "x"}, {"is_llama_config": True}, {"id2label": {"0": "a"}}, {"label2id": {"a": 0}}, {"is_encoder_decoder": False},
    {"problem_type": "regression"}, {"architectures": None},
]


def fill(model, tied):
    """Gives every weight the numbers of the formula that the test repeats."""
    state = sorted(name for name, _ in model.named_parameters() if not (tied and name == "lm_head.weight"))
    with torch.no_grad():
        for place, name in enumerate(state):
            weight = model.get_parameter(name)
            n = torch.arange(weight.numel(), dtype=torch.int64)
            numbers = ((n * 7919 + (place + 1) * 10007) % 2003 - 1001).to(torch.float64) / 1001
            numbers = 1 + 0.3 * numbers if weight.dim() == 1 else 0.5 * numbers
            weight.copy_(numbers.float().reshape(weight.shape))


def built(change):
    """Returns the model of a changed config.json."""
    config = LlamaConfig.from_dict({**json.loads(json.dumps({**BASE, **change})), "use_cache": False, "return_dict": True,
                                    "torch_dtype": "float32", "dtype": "float32"})
    model = LlamaForCausalLM(config).float().eval()
    fill(model, config.tie_word_embeddings)
    return model


cases = []
for change in CHANGES:
    with torch.no_grad():
        logits = built(change)(torch.tensor([IDS])).logits[0, -1]
    cases.append({"change": change, "logits": [float(f"{x:.7g}") for x in logits[:16].tolist()]})

PROMPT = torch.tensor([IDS[:10]])
model = built({})


def greedy(settings):
    """Returns the ids that transformers writes after the prompt, without the one that ends them."""
    config = GenerationConfig(**{"max_new_tokens": 12, "do_sample": False, "pad_token_id": 0, **settings})
    ids = model.generate(PROMPT, generation_config=config, attention_mask=torch.ones_like(PROMPT))[0, 10:].tolist()
    ends = [config.eos_token_id] if isinstance(config.eos_token_id, int) else config.eos_token_id or []
    return ids[:-1] if ids and ids[-1] in ends else ids


def probabilities(settings):
    """Returns the probabilities of the first token after transformers' processors, those above 0."""
    config = GenerationConfig(**{"do_sample": True, "top_k": 0, **settings})
    with torch.no_grad():
        logits = model(PROMPT).logits[:, -1]
    processors = model._get_logits_processor(config, input_ids_seq_length=10)
    chances = torch.softmax(processors(PROMPT, logits), -1)[0].tolist()
    return {str(i): float(f"{p:.6g}") for i, p in enumerate(chances) if p > 0}


plain = greedy({})
GREEDY = [{}, {"repetition_penalty": 1.3}, {"repetition_penalty": 0.6}, {"max_new_tokens": 3}, {"eos_token_id": plain[4]},
          {"eos_token_id": [60, plain[6], plain[3]]}, {"max_new_tokens": None, "max_length": 14},
          {"max_new_tokens": 5, "max_length": 64}]
SAMPLED = [{}, {"temperature": 0.7}, {"top_k": 5}, {"top_p": 0.6}, {"min_p": 0.2}, {"repetition_penalty": 1.5},
           {"temperature": 1.6, "top_k": 20, "top_p": 0.9, "min_p": 0.05, "repetition_penalty": 1.1}]
greedy_cases = [{"settings": settings, "ids": greedy(settings)} for settings in GREEDY]
sampled = [{"settings": settings, "probabilities": probabilities(settings)} for settings in SAMPLED]
fields = {"llama": sorted(LlamaConfig().to_dict()), "generation": sorted(GenerationConfig().to_dict())}
lines = lambda items: "[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]"
print('{"base": ' + json.dumps(BASE) + ', "fields": ' + json.dumps(fields) + ',\n"cases": ' + lines(cases) +
      ',\n"greedy": ' + lines(greedy_cases) + ',\n"sampled": ' + lines(sampled) + "}")
