"""Folders in the structure of public LLaMA models, with small random weights, and their reading by transformers.

    python3 structures.py write KIND FOLDER < CORPUS_AS_JSON_LIST    writes a folder; KIND is tinyllama, smollm2 or llama-3.2
    python3 structures.py saved FOLDER OTHER                         reads it with transformers and saves it as transformers does
    python3 structures.py read FOLDER < {"texts", "chats", "ids", "greedy"}

The fields of config.json, tokenizer.json and the other files are those that the models' public folders show; sizes are
small, vocabularies are learned from the corpus, chat templates are of the same kind and of our own words. Needs torch,
transformers and tokenizers. Ids are those of the tokenizers library on tokenizer.json, as transformers 4 gives them: transformers 5
builds a LlamaTokenizer anew from its class, and then a text that begins with a space loses the prefix that the file asks for;
"unlike" counts the texts where it does.
"""

import json
import os
import sys

KINDS = ("tinyllama", "smollm2", "llama-3.2")
DIM, LAYERS, HEADS, KV_HEADS, HIDDEN = 64, 2, 8, 2, 176
LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def put(folder, name, value):
    with open(os.path.join(folder, name), "w") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)


def special(id, content, **flags):
    return dict(id=id, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True) | flags


def decoder_entries(added):
    return {str(token["id"]): {k: v for k, v in token.items() if k != "id"} for token in added}


def learn(texts, size, pre_tokenizer, alphabet=()):
    """Learns pieces and merges; `alphabet` is in the vocabulary whatever the texts."""
    from tokenizers import Tokenizer, models, trainers

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizer
    learner.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, initial_alphabet=list(alphabet), show_progress=False))
    model = json.loads(learner.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), model["merges"]


def bpe(vocab, merges, **more):
    model = dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None, end_of_word_suffix=None,
                 fuse_unk=False, byte_fallback=False, ignore_merges=False, vocab=vocab, merges=merges)
    return model | more


def tokenizer_json(added, normalizer, pre_tokenizer, post_processor, decoder, model):
    return dict(version="1.0", truncation=None, padding=None, added_tokens=added, normalizer=normalizer,
                pre_tokenizer=pre_tokenizer, post_processor=post_processor, decoder=decoder, model=model)


def template(first, tokens):
    """A post-processor that puts `first` in front."""
    entry = {"SpecialToken": {"id": first, "type_id": 0}}
    single, other = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}
    second = {"SpecialToken": {"id": first, "type_id": 1}}
    return dict(type="TemplateProcessing", single=[entry, single], pair=[entry, single, second, other],
                special_tokens={first: dict(id=first, ids=[tokens[first]], tokens=[first])})


def byte_level(**flags):
    return dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True) | flags


def tinyllama(folder, texts):
    from tokenizers import pre_tokenizers

    pieces, merges = learn(texts, 1500, pre_tokenizers.Metaspace(prepend_scheme="always"), "▁")
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    vocab = {name: i for i, name in enumerate(names + pieces)}
    added = [special(i, name) for i, name in enumerate(names[:3])]
    put(folder, "tokenizer.json", tokenizer_json(
        added,
        dict(type="Sequence", normalizers=[
            dict(type="Prepend", prepend="▁"),
            dict(type="Replace", pattern={"String": " "}, content="▁"),
        ]),
        None,
        template("<s>", vocab),
        dict(type="Sequence", decoders=[
            dict(type="Replace", pattern={"String": "▁"}, content=" "),
            dict(type="ByteFallback"),
            dict(type="Fuse"),
            dict(type="Strip", content=" ", start=1, stop=0),
        ]),
        bpe(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True),
    ))
    put(folder, "tokenizer_config.json", dict(
        add_bos_token=True, add_eos_token=False, added_tokens_decoder=decoder_entries(added), bos_token="<s>",
        chat_template="{% for message in messages %}{% if message['role'] == 'user' %}"
        "{{ '<|user|>\n' + message['content'] + eos_token + '\n' }}"
        "{% elif message['role'] == 'system' %}{{ '<|system|>\n' + message['content'] + eos_token + '\n' }}"
        "{% else %}{{ '<|assistant|>\n' + message['content'] + eos_token + '\n' }}{% endif %}"
        "{% if loop.last and add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}{% endfor %}",
        clean_up_tokenization_spaces=False, eos_token="</s>", legacy=False, model_max_length=2048, pad_token="</s>",
        padding_side="right", sp_model_kwargs={}, tokenizer_class="LlamaTokenizer", unk_token="<unk>",
        use_default_system_prompt=False,
    ))
    put(folder, "special_tokens_map.json", dict(bos_token="<s>", eos_token="</s>", pad_token="</s>", unk_token="<unk>"))
    put(folder, "generation_config.json", dict(bos_token_id=1, eos_token_id=2, max_length=2048, pad_token_id=0))
    return dict(
        architectures=["LlamaForCausalLM"], attention_bias=False, bos_token_id=1, eos_token_id=2, hidden_act="silu",
        hidden_size=DIM, initializer_range=0.02, intermediate_size=HIDDEN, max_position_embeddings=2048, model_type="llama",
        num_attention_heads=HEADS, num_hidden_layers=LAYERS, num_key_value_heads=KV_HEADS, pretraining_tp=1,
        rms_norm_eps=1e-05, rope_scaling=None, rope_theta=10000.0, tie_word_embeddings=False, torch_dtype="bfloat16",
        transformers_version="4.35.0", use_cache=True, vocab_size=len(vocab),
    )


def smollm2(folder, texts):
    from tokenizers import pre_tokenizers

    split = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    pieces, merges = learn(texts, 1500, split, pre_tokenizers.ByteLevel.alphabet())
    names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<file_sep>", "<empty_output>"]
    vocab = {name: i for i, name in enumerate(names + pieces)}
    added = [special(i, name) for i, name in enumerate(names)]
    put(folder, "tokenizer.json", tokenizer_json(
        added, None,
        dict(type="Sequence", pretokenizers=[dict(type="Digits", individual_digits=True), byte_level()]),
        None, byte_level(add_prefix_space=True), bpe(vocab, merges),
    ))
    put(folder, "tokenizer_config.json", dict(
        add_prefix_space=False, added_tokens_decoder=decoder_entries(added), additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        bos_token="<|im_start|>",
        chat_template="{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
        "{{ '<|im_start|>system\nYou answer in one short sentence.<|im_end|>\n' }}{% endif %}"
        "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
        clean_up_tokenization_spaces=False, eos_token="<|im_end|>", model_max_length=8192, pad_token="<|im_end|>",
        tokenizer_class="GPT2Tokenizer", unk_token="<|endoftext|>", vocab_size=len(vocab),
    ))
    put(folder, "special_tokens_map.json", dict(
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        **{f"{role}_token": {k: v for k, v in special(0, name).items() if k not in ("id", "special")} for role, name in
           dict(bos="<|im_start|>", eos="<|im_end|>", pad="<|im_end|>", unk="<|endoftext|>").items()},
    ))
    put(folder, "vocab.json", vocab)
    with open(os.path.join(folder, "merges.txt"), "w") as file:
        file.write("#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in merges))
    put(folder, "generation_config.json", dict(_from_model_config=True, bos_token_id=1, eos_token_id=2, pad_token_id=2,
                                               transformers_version="4.42.3"))
    return {
        "architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 1,
        "eos_token_id": 2, "hidden_act": "silu", "hidden_size": DIM, "initializer_range": 0.041666666666666664,
        "intermediate_size": HIDDEN, "is_llama_config": True, "max_position_embeddings": 8192, "mlp_bias": False,
        "model_type": "llama", "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "num_key_value_heads": KV_HEADS,
        "pad_token_id": 2, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_interleaved": False, "rope_scaling": None,
        "rope_theta": 100000, "tie_word_embeddings": True, "torch_dtype": "bfloat16",
        "transformers.js_config": {"kv_cache_dtype": {"q4f16": "float16", "fp16": "float16"}},
        "transformers_version": "4.42.3", "use_cache": True, "vocab_size": len(vocab),
    }


def llama_3_2(folder, texts):
    from tokenizers import Regex, pre_tokenizers

    split = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3_SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    pieces, merges = learn(texts, 1500, split, pre_tokenizers.ByteLevel.alphabet())
    vocab = {name: i for i, name in enumerate(pieces)}
    first = len(vocab)
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
             "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>",
             "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"] + [f"<|reserved_special_token_{i}|>" for i in range(3, 24)]
    added = [special(first + i, name) for i, name in enumerate(names)]
    ids = {token["content"]: token["id"] for token in added}
    put(folder, "tokenizer.json", tokenizer_json(
        added, None,
        dict(type="Sequence", pretokenizers=[
            dict(type="Split", pattern={"Regex": LLAMA3_SPLIT}, behavior="Isolated", invert=False),
            byte_level(use_regex=False),
        ]),
        dict(type="Sequence", processors=[byte_level(add_prefix_space=True, trim_offsets=False),
                                          template("<|begin_of_text|>", ids)]),
        byte_level(add_prefix_space=True), bpe(vocab, merges, ignore_merges=True),
    ))
    head = "'<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
    put(folder, "tokenizer_config.json", dict(
        added_tokens_decoder=decoder_entries(added), bos_token="<|begin_of_text|>",
        chat_template="{{- bos_token }}{%- if not date_string is defined %}{%- set date_string = '26 Jul 2024' %}{%- endif %}"
        "{%- if messages[0]['role'] == 'system' %}{%- set system_message = messages[0]['content']|trim %}"
        "{%- set messages = messages[1:] %}{%- else %}{%- set system_message = '' %}{%- endif %}"
        "{{- '<|start_header_id|>system<|end_header_id|>\n\n' }}{{- 'The day: ' + date_string + '\n\n' }}"
        "{{- system_message }}{{- '<|eot_id|>' }}"
        "{%- for message in messages %}{{- " + head + " + message['content'] | trim + '<|eot_id|>' }}{%- endfor %}"
        "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}",
        clean_up_tokenization_spaces=True, eos_token="<|eot_id|>", model_input_names=["input_ids", "attention_mask"],
        model_max_length=131072, tokenizer_class="PreTrainedTokenizerFast",
    ))
    put(folder, "special_tokens_map.json", dict(bos_token="<|begin_of_text|>", eos_token="<|eot_id|>"))
    ends = [ids["<|end_of_text|>"], ids["<|eom_id|>"], ids["<|eot_id|>"]]
    put(folder, "generation_config.json", dict(bos_token_id=ids["<|begin_of_text|>"], do_sample=True, eos_token_id=ends,
                                               temperature=0.6, top_p=0.9, transformers_version="4.45.0.dev0"))
    return dict(
        architectures=["LlamaForCausalLM"], attention_bias=False, attention_dropout=0.0, bos_token_id=ids["<|begin_of_text|>"],
        eos_token_id=ends, head_dim=DIM // HEADS, hidden_act="silu", hidden_size=DIM, initializer_range=0.02,
        intermediate_size=HIDDEN, max_position_embeddings=131072, mlp_bias=False, model_type="llama",
        num_attention_heads=HEADS, num_hidden_layers=LAYERS, num_key_value_heads=KV_HEADS, pretraining_tp=1,
        rms_norm_eps=1e-05,
        rope_scaling=dict(factor=32.0, high_freq_factor=4.0, low_freq_factor=1.0, original_max_position_embeddings=8192,
                          rope_type="llama3"),
        rope_theta=500000.0, tie_word_embeddings=True, torch_dtype="bfloat16", transformers_version="4.45.0.dev0",
        use_cache=True, vocab_size=first + len(names),
    )


def write(kind, folder, texts):
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    os.makedirs(folder, exist_ok=True)
    config = dict(zip(KINDS, (tinyllama, smollm2, llama_3_2)))[kind](folder, texts)
    generation = open(os.path.join(folder, "generation_config.json")).read()
    put(folder, "config.json", config)
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=torch.float32)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1:
                weight.normal_(0, 0.25)  # logits far from uniform, so that a mistake shows
    model.to(torch.bfloat16).save_pretrained(folder)
    put(folder, "config.json", config)  # as published, not as this version of the library writes it
    with open(os.path.join(folder, "generation_config.json"), "w") as file:
        file.write(generation)


def saved(folder, other):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    AutoModelForCausalLM.from_pretrained(folder).save_pretrained(other)
    AutoTokenizer.from_pretrained(folder).save_pretrained(other)


def read(folder, asked):
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rust = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    ids = torch.tensor([asked["ids"]])
    with torch.no_grad():
        logits = model(ids).logits[0]
        row = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=asked["greedy"],
                             temperature=None, top_p=None)
    greedy = row[0, ids.shape[1]:].tolist()
    ends = model.generation_config.eos_token_id
    rendered = [tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False) for chat in asked["chats"]]
    plain = [rust.encode(text, add_special_tokens=False).ids for text in asked["texts"]]
    own = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in asked["texts"]]
    print(json.dumps({
        "encoded": plain,
        "unlike": sum(a != b for a, b in zip(plain, own)),
        "withSpecial": [rust.encode(text).ids for text in asked["texts"][:20]],
        "decoded": [rust.decode(row, skip_special_tokens=True) for row in plain],
        "chats": [rust.encode(text, add_special_tokens=False).ids for text in rendered],
        "rendered": rendered,
        "logits": logits.flatten().tolist(),
        "greedy": greedy,
        "ends": ends if isinstance(ends, list) else [ends],
    }))


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    if command == "write":
        write(*args, json.load(sys.stdin))
    elif command == "saved":
        saved(*args)
    else:
        read(*args, json.load(sys.stdin))
