"""Small tokenizers of the structures in use, built with Hugging Face's Rust library, and its answers for odd strings.

    python3 tokenizer_structures.py COUNT          the answers for COUNT strings as JSON
    python3 tokenizer_structures.py 80 FILE.gz     the same, compressed: tests/golden/tokenizer/structures.json.gz

Needs tokenizers 0.23 and transformers 5 from PyPI. The vocabularies are learned from a few lines of this file.
"""

import gzip
import json
import os
import random
import sys

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["TRANSFORMERS_VERBOSITY"] = "critical"

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402

LINES = """\
The llama hums when it is content, and the herd hums back. Don't they've I'll we're 'em?
Two hundred and 12 llamas crossed the pass on 3 May 1907; 9 of them came from Puno, 1234567 from Cuzco.
Das Lama summt, wenn es zufrieden ist. Le lama fredonne : « déjà ? » ¿Y el rebaño? ¡También!
Лама гудит, когда она довольна. Η λάμα μουρμουρίζει. ラマは満足すると。 羊驼高兴的时候会哼唱。 라마는 콧노래를.
اللاما تدندن عندما تكون راضية. ลามาฮัมเพลงเมื่อมีความสุข लामा गुनगुनाता है। 😀 👩‍👩‍👧 🇵🇪
    def hum(llama):    return llama  +  1   # spaces\tand tabs
system user assistant You are helpful. <|im_start|> <think> plan </think> [INST] hello [/INST]
""".splitlines() * 20

PARTS = [
    "", " ", "  ", "    ", "\n", "\n\n", "\r\n", "\t", "\t ", " \n", "\n ", "\v", "\f", "\x00", "\x7f", "\x85", "\xa0", "\u3000", "\u2028",
    "\u200b", "\ufeff", "0", "7", "42", "2024", "1234567", "1,000.5", "１２", "٣", "²", "½", "Ⅷ", "e\u0301", "é", "ß", "İ", "Σ", "ñ", "ﬁ",
    "Ж", "Привет", "灌木", "日本語", "한국어", "العربية", "עברית", "ไทย", "ลามา", "हिन्दी", "😀", "👩‍👩‍👧", "🇵🇪", "🏳️‍🌈", "\u200d", "\u0301", "\ufffd",
    "▁", "▁▁", " ▁ ", "<", ">", "</", "<s", "s>", "<0x0A>", "<0xFF>", "|im_start|", "[INST]", "<s>", "</s>", "<unk>", "<|im_start|>",
    "<|im_end|>", "<tool>", "<|pad|>", "llama", " llama", "Llama", "the", " The", "ing", "don't", " I'LL", "'s", "’s", "—", "----", "...", "!!!",
    "a.b", "_x_", "foo_bar", "x=1;", "Ġ", "Ċ", "##ing", "constructor", "__proto__", "zqz", "zqzq", " zqz.", "system", "user\n", "\n\nassistant", "<think>", "</think>\n",
]


def odd_strings(count, seed):
    draw = random.Random(seed)
    text = "\n".join(LINES[:7])
    strings = [""] if count < 200 else [""] + PARTS[1:]
    while len(strings) < count:
        bits = []
        for _ in range(draw.randint(1, 9)):
            at = draw.randrange(len(text) - 30)
            bits.append(text[at : at + draw.randint(1, 30)] if draw.random() < 0.25 else draw.choice(PARTS))
        strings.append("".join(bits))
    return strings[:count]


def special(*names, **flags):
    return [AddedToken(name, special=True, normalized=False, **flags) for name in names]


def llama2(legacy="prepend", size=600):
    """TinyLlama's structure: SentencePiece-style pieces with bytes, spaces as U+2581."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if legacy == "prepend":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    alphabet = sorted({c for line in LINES[:7] for c in line if c != " "} - set("羊驼고하ลمค"))
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    found = json.loads(tokenizer.to_str())
    found["added_tokens"] = [token for token in found["added_tokens"] if token["id"] < 3]
    if legacy == "prepend":
        found["pre_tokenizer"] = None
    else:
        found["pre_tokenizer"] = dict(type="Metaspace", replacement="▁", prepend_scheme=legacy, split=False)
    end = [] if legacy == "never" else [dict(type="Strip", content=" ", start=1, stop=0)]
    found["decoder"] = dict(
        type="Sequence", decoders=[dict(type="Replace", pattern=dict(String="▁"), content=" "), dict(type="ByteFallback"), dict(type="Fuse"), *end]
    )
    tokenizer = Tokenizer.from_str(json.dumps(found))
    tokenizer.post_processor = processors.TemplateProcessing("<s>:0 $A:0", "<s>:0 $A:0 <s>:1 $B:1", [("<s>", 1)])
    return tokenizer


def byte_level(split, ignore_merges, names, size=600):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=split is None or split == "digits")
    before = {"digits": [pre_tokenizers.Digits(individual_digits=True)], None: []}.get(split)
    if before is None:
        before = [pre_tokenizers.Split(Regex(split), behavior="isolated", invert=False)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*before, bytes_only])
    tokenizer.decoder = decoders.ByteLevel()
    first = names if ignore_merges is False else []
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=first, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.add_special_tokens(special(*names))
    return tokenizer


LLAMA3 = (
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
)

ZEPHYR = (
    "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n"
    "{% elif message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] + eos_token }}\n"
    "{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n"
    "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}"
)
CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are helpful.<|im_end|>\n' }}"
    "{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
HEADERS = (
    "{{- bos_token }}{%- for message in messages %}{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim"
    " + '<|eot_id|>' }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}"
)


def structures():
    llama3 = byte_level(LLAMA3, True, ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])
    begin = llama3.token_to_id("<|begin_of_text|>")
    llama3.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing("<|begin_of_text|> $A", "<|begin_of_text|> $A $B", [("<|begin_of_text|>", begin)])]
    )
    smol = byte_level("digits", False, ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>"])
    tiny = dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>", chat_template=ZEPHYR)
    yield "tinyllama", llama2(), tiny
    for scheme in ["always", "first", "never"]:
        yield "metaspace_" + scheme, llama2(scheme), tiny
    ordinary = llama2()
    ordinary.add_tokens([AddedToken("<tool>", normalized=False), AddedToken("  ", normalized=True)])
    yield "ordinary", ordinary, tiny
    marked = llama2("first")
    marked.add_special_tokens(special("<|user|>", "<|system|>", rstrip=True) + special("<|assistant|>", lstrip=True) + special("zqz", single_word=True))
    marked.add_tokens([AddedToken("hums", normalized=True, lstrip=True, rstrip=True), AddedToken("12", normalized=True, single_word=True)])
    yield "strips", marked, tiny
    normal = llama2()
    normal.add_tokens([AddedToken("<tool>", normalized=True), AddedToken("herd", normalized=True, single_word=True)])
    yield "normalized", normal, tiny
    yield "smollm2", smol, dict(
        bos_token="<|im_start|>", eos_token="<|im_end|>", unk_token="<|endoftext|>", chat_template=CHATML, clean_up_tokenization_spaces=False
    )
    yield "llama3", llama3, dict(
        bos_token="<|begin_of_text|>", eos_token="<|eot_id|>", chat_template=HEADERS, clean_up_tokenization_spaces=True
    )
    prefixed = byte_level(None, False, ["<|im_start|>", "<|im_end|>"])
    prefixed.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    yield "prefix_space", prefixed, dict(eos_token="<|im_end|>", chat_template=CHATML)


def answers(tokenizer, texts, draw):
    """Ids of a user's text, ids of a trusted text, its decoding, and ids of conversations."""
    backend = tokenizer._tokenizer
    found = []
    for text in texts:
        backend.encode_special_tokens = True
        plain = backend.encode(text, add_special_tokens=False).ids
        backend.encode_special_tokens = False
        marked = backend.encode(text, add_special_tokens=False).ids
        found.append([text, plain, marked, tokenizer.decode(plain), tokenizer.decode(marked, skip_special_tokens=True)])
    names = [name for name in tokenizer.added_tokens_encoder if len(name) > 1]
    calm = [text for text in texts if not any(name in text for name in names)]
    chats = []
    for i in range(len(texts) // 4):
        roles = ["user", "assistant", "user"][: 1 + 2 * (i % 2)]
        messages = [dict(role=role, content=draw.choice(calm)) for role in roles]
        if i % 3 == 0:
            messages.insert(0, dict(role="system", content=draw.choice(calm)))
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False)
        chats.append([messages, ids])
    return dict(texts=found, chats=chats)


def main(count, file=None):
    from transformers import PreTrainedTokenizerFast

    found = {}
    for name, tokenizer, config in structures():
        fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **config)
        fast._tokenizer.post_processor = tokenizer.post_processor or fast._tokenizer.post_processor
        found[name] = dict(json=json.loads(tokenizer.to_str()), config=config, **answers(fast, odd_strings(int(count), 5), random.Random(6)))
    data = json.dumps(found, ensure_ascii=True, separators=(",", ":"))
    if file is None:
        return sys.stdout.write(data)
    with open(file, "wb") as out:
        out.write(gzip.compress(data.encode(), mtime=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
