"""Each field of tokenizer.json and tokenizer_config.json with changed values, and what Hugging Face's library makes of them.

    python3 tokenizer_fields.py FILE.gz      writes tests/golden/tokenizer/fields.json.gz

Needs tokenizers 0.23, transformers 5 and sentencepiece from PyPI.
"""

import base64
import copy
import gzip
import json
import os
import sys
import tempfile

import tokenizer_structures as structures
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = [
    "",
    "The llama hums, don't it?  Yes !",
    "  two  spaces \n\n\tand\ttabs\r\n",
    "1234567 １２ ٣ ½ x=1;y_2",
    "ÀÉ é e\u0301 ß İ Σς ﬁ Ⅷ",
    "羊驼 ラマ 한국어 ไทย 😀 👩\u200d👩\u200d👧",
    "<s>a</s> <tool>b<|im_end|> <pad> hum_hum",
    "\x00\x01\x85\u200b\ufeff\ufffd\u00a0\u3000▁x▁▁",
    "supercalifragilistic Llama LLAMA llamallama",
    "a.b, c! (d) [e] 'f' \"g\" - h -- i",
]


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(structures.LINES, trainers.WordPieceTrainer(vocab_size=300, special_tokens=names, show_progress=False))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    names = ["<unk>", "<s>", "</s>"]
    tokenizer.train_from_iterator(
        structures.LINES, trainers.UnigramTrainer(vocab_size=220, special_tokens=names, unk_token="<unk>", show_progress=False)
    )
    return tokenizer


def word_level():
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(structures.LINES, trainers.WordLevelTrainer(vocab_size=150, special_tokens=["<unk>"], show_progress=False))
    return tokenizer


def suffixed():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.BPEDecoder()
    trainer = trainers.BpeTrainer(vocab_size=260, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False)
    tokenizer.train_from_iterator(structures.LINES, trainer)
    return tokenizer


def prefixed():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.BpeTrainer(vocab_size=260, special_tokens=["<unk>"], continuing_subword_prefix="##", show_progress=False)
    tokenizer.train_from_iterator(structures.LINES, trainer)
    return tokenizer


def characters_map():
    """A small table of SentencePiece's: single characters, a pair, a removed one, an emoji of several characters."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    rules = {"ﬁ": "fi", "é": "e", "e\u0301": "E", "１": "1", "２": "2", "\u200b": "", "\u00a0": " ", "羊": "sheep", "👩\u200d👩\u200d👧": "family", "l": "L", "la": "Λ"}
    with tempfile.TemporaryDirectory() as folder:
        points = lambda text: " ".join(f"{ord(char):X}" for char in text)  # noqa: E731
        for name, lines in dict(rules=[points(a) + "\t" + points(b) for a, b in rules.items()], corpus=structures.LINES).items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        prefix = os.path.join(folder, "model")
        sentencepiece.SentencePieceTrainer.train(
            input=os.path.join(folder, "corpus"), model_prefix=prefix, vocab_size=400, model_type="bpe", minloglevel=2,
            character_coverage=0.98, normalization_rule_tsv=os.path.join(folder, "rules"),
        )  # fmt: skip
        model = sentencepiece_model_pb2.ModelProto()
        with open(prefix + ".model", "rb") as file:
            model.ParseFromString(file.read())
    return base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()


LEVEL = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True)
META = dict(type="Metaspace", replacement="▁", prepend_scheme="always", split=True)


def split(pattern, behavior, invert=False):
    return dict(type="Split", pattern=pattern, behavior=behavior, invert=invert)


def token(content, id, **flags):
    return dict(id=id, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=False) | flags


NORMALIZERS = [
    None,
    *[dict(type=name) for name in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "Nonsense"]],
    *[dict(type="Strip", strip_left=left, strip_right=right) for left in (True, False) for right in (True, False)],
    dict(type="Prepend", prepend="▁"),
    dict(type="Precompiled", precompiled_charsmap=characters_map()),
    dict(type="Precompiled", precompiled_charsmap="AAAA"),
    dict(type="Replace", pattern=dict(String="l"), content="L"),
    dict(type="Replace", pattern=dict(Regex="\\s+"), content=" "),
    dict(type="Replace", pattern=dict(Regex="(l+)"), content="$1"),
    dict(type="Sequence", normalizers=[dict(type="NFD"), dict(type="StripAccents"), dict(type="Lowercase")]),
    *[
        dict(type="BertNormalizer", clean_text=clean, handle_chinese_chars=han, strip_accents=strip, lowercase=lower)
        for clean, han, strip, lower in [(True, True, None, True), (False, True, None, True), (True, False, True, False), (True, True, False, True), (False, False, None, False)]
    ],
]
PRE_TOKENIZERS = [
    None,
    LEVEL,
    LEVEL | dict(add_prefix_space=True),
    LEVEL | dict(use_regex=False),
    *[META | dict(prepend_scheme=scheme, split=cut) for scheme in ("always", "first", "never") for cut in (True, False)],
    META | dict(replacement="_"),
    META | dict(prepend_scheme="sometimes"),
    *[split(dict(Regex="\\p{L}+"), how, invert) for how in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous") for invert in (False, True)],
    split(dict(String="l"), "Isolated"),
    split(dict(Regex="(?i)LLAMA|\\d{1,3}"), "Isolated"),
    split(dict(Regex="[^\\S\\n]+|\\h+"), "Isolated"),
    split(dict(Regex="(unclosed"), "Isolated"),
    split(dict(Regex="a"), "Nonsense"),
    dict(type="Digits", individual_digits=True),
    dict(type="Digits", individual_digits=False),
    *[dict(type="Punctuation", behavior=how) for how in ("Isolated", "Removed", "Contiguous", "MergedWithNext", "MergedWithPrevious")],
    dict(type="Whitespace"),
    dict(type="WhitespaceSplit"),
    dict(type="BertPreTokenizer"),
    dict(type="CharDelimiterSplit", delimiter="l"),
    dict(type="FixedLength", length=3),
    dict(type="UnicodeScripts"),
    dict(type="Nonsense"),
    dict(type="Sequence", pretokenizers=[dict(type="Digits", individual_digits=True), LEVEL | dict(add_prefix_space=True)]),
    dict(type="Sequence", pretokenizers=[dict(type="WhitespaceSplit"), META]),
]
DECODERS = [
    None,
    dict(type="ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True),
    *[dict(type="Metaspace", replacement="▁", prepend_scheme=scheme, split=True) for scheme in ("always", "first", "never")],
    *[dict(type="WordPiece", prefix="##", cleanup=clean) for clean in (True, False)],
    dict(type="BPEDecoder", suffix="</w>"),
    *[dict(type="CTC", pad_token="l", word_delimiter_token="▁", cleanup=clean) for clean in (True, False)],
    dict(type="Fuse"),
    dict(type="ByteFallback"),
    dict(type="Replace", pattern=dict(String="▁"), content=" "),
    dict(type="Replace", pattern=dict(Regex="l+"), content="L"),
    dict(type="Strip", content="▁", start=1, stop=0),
    dict(type="Strip", content="▁", start=0, stop=2),
    dict(type="Sequence", decoders=[dict(type="Fuse"), dict(type="Replace", pattern=dict(String="▁"), content=" "), dict(type="Strip", content=" ", start=2, stop=1)]),
    dict(type="Sequence", decoders=[dict(type="Fuse"), dict(type="Replace", pattern=dict(String="la"), content="LA")]),
    dict(type="Nonsense"),
]
FLAGS = ["single_word", "lstrip", "rstrip", "normalized", "special"]


def json_changes(found):
    """Changes of a tokenizer.json: a path, and the value there."""
    next_id = max(max(found["model"]["vocab"].values()), max((t["id"] for t in found["added_tokens"]), default=0)) + 1
    yield from ((["normalizer"], value) for value in NORMALIZERS)
    yield from ((["pre_tokenizer"], value) for value in PRE_TOKENIZERS)
    yield from ((["decoder"], value) for value in DECODERS)
    for field, values in dict(
        dropout=[None, 0.0, 0.5],
        unk_token=[None, "<unk>", "<none>"],
        continuing_subword_prefix=[None, "", "##"],
        end_of_word_suffix=[None, "", "</w>"],
        fuse_unk=[True, False],
        byte_fallback=[True, False],
        ignore_merges=[True, False],
        merges=[found["model"]["merges"][:20], found["model"]["merges"][::-1], [], [["no", "pe"]]],
        type=["BPE", "WordPiece", "Nonsense"],
    ).items():
        yield from ((["model", field], value) for value in values)
    old = found["added_tokens"]
    for names in [[], ["normalized"], ["special"], ["single_word"], ["lstrip"], ["rstrip"], ["lstrip", "rstrip", "special"], ["normalized", "lstrip", "rstrip"], ["normalized", "single_word"]]:
        flags = {name: True for name in names}
        yield ["added_tokens"], [*old, token("<tool>", next_id, **flags), token("hum_hum", next_id + 1, **flags), token("llama", found["model"]["vocab"].get("llama", next_id + 2), **flags)]
    yield ["added_tokens"], []
    yield ["added_tokens"], [*old, token("  ", next_id), token("\n", next_id + 1, normalized=True)]
    yield ["added_tokens"], [*old, token("<tool>", next_id), token("<tool>b", next_id + 1)]
    yield ["added_tokens"], [*old, token("<tool>", -1)]
    yield ["added_tokens"], [*old, token("<tool>", 2**40)]


def answers(tokenizer):
    found = []
    for text in TEXTS:
        tokenizer.encode_special_tokens = True
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = False
        marked = tokenizer.encode(text, add_special_tokens=False).ids
        found.append([plain, marked, tokenizer.decode(marked, skip_special_tokens=True)])
    return found


def with_value(found, path, value):
    changed = copy.deepcopy(found)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


CONFIG = dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>", tokenizer_class="PreTrainedTokenizerFast")
MARK = dict(content="<|im_end|>", lstrip=False, rstrip=False, normalized=False, single_word=False, special=True)
CONFIG_CHANGES = dict(
    add_bos_token=[True, False],
    add_eos_token=[True, False],
    add_prefix_space=[True, False],
    legacy=[True, False],
    clean_up_tokenization_spaces=[True, False],
    bos_token=["<s>", "</s>", None, "<new>", dict(MARK, __type="AddedToken")],
    eos_token=["</s>", "<s>", None, "<new>", dict(MARK, __type="AddedToken")],
    unk_token=["<unk>", None],
    pad_token=["<unk>", "<pad>", None],
    additional_special_tokens=[[], ["<tool>", "hum_hum"]],
    extra_special_tokens=[["<tool>"]],
    added_tokens_decoder=[{"NEXT": MARK}, {"NEXT": dict(MARK, content="<tool>", special=False, lstrip=True, rstrip=True)}, {"0": dict(MARK, content="<unk>", rstrip=True)}],
    chat_template=[None, "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}", [dict(name="default", template="{{ messages[0].content }}")], [dict(name="other", template="x"), dict(name="default", template="{{ eos_token }}{{ messages[0].content }}")]],
    model_max_length=[5, 1000],
    padding_side=["left", "right"],
    truncation_side=["left", "right"],
    sp_model_kwargs=[{}],
    use_default_system_prompt=[False],
    do_lower_case=[True],
    remove_space=[True],
    split_special_tokens=[False],
    spaces_between_special_tokens=[True, False],
    tokenizer_class=["PreTrainedTokenizerFast", "TokenizersBackend"],
)


def config_answers(folder, found, config, next_id):
    from transformers import AutoTokenizer

    config = json.loads(json.dumps(config).replace('"NEXT"', f'"{next_id}"'))
    for name, value in dict(tokenizer=found, tokenizer_config=config).items():
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as out:
            json.dump(value, out)
    fast = AutoTokenizer.from_pretrained(folder)
    ids = [fast(text, add_special_tokens=False).input_ids for text in TEXTS]
    chat = None
    if fast.chat_template is not None:
        chat = fast.apply_chat_template([dict(role="user", content="a llama hums")], tokenize=True, add_generation_prompt=True, return_dict=False)
    shown = [fast.decode(list_, skip_special_tokens=True) for list_ in ids]
    ask = lambda role: -1 if getattr(fast, role) is None else getattr(fast, role)  # noqa: E731
    roles = [ask(role + "_token_id") for role in ("bos", "eos", "unk", "pad")]
    adds = fast("x").input_ids[:1] == [roles[0]]
    return config, dict(marked=ids, shown=shown, roles=roles, size=len(fast), chat=chat, addsBos=adds)


def main(file):
    llama = structures.llama2(size=420)
    bases = dict(
        llama=llama,
        metaspace=structures.llama2("first", size=420),
        byte_level=structures.byte_level("digits", False, ["<|endoftext|>", "<|im_end|>"], size=360),
        word_piece=word_piece(),
        unigram=unigram(),
        word_level=word_level(),
        suffixed=suffixed(),
        prefixed=prefixed(),
    )
    found = {}
    for name, tokenizer in bases.items():
        base = json.loads(tokenizer.to_str())
        changes = list(json_changes(base)) if name in ("llama", "byte_level") else [(["model", "type"], base["model"]["type"])]
        if name in ("unigram", "word_piece", "word_level", "suffixed", "prefixed"):
            changes += [(["normalizer"], value) for value in NORMALIZERS] + [(["decoder"], value) for value in DECODERS]
            changes += [(["pre_tokenizer"], value) for value in PRE_TOKENIZERS[:14]]
        if name == "word_piece":
            changes += [(["model", "max_input_chars_per_word"], 5), (["model", "unk_token"], "[PAD]"), (["model", "continuing_subword_prefix"], "@@")]
        if name == "unigram":
            changes += [(["model", "unk_id"], None), (["model", "unk_id"], 5), (["model", "unk_id"], 5000), (["model", "byte_fallback"], True)]
        rows = []
        for path, value in changes:
            try:
                rows.append([path, value, answers(Tokenizer.from_str(json.dumps(with_value(base, path, value))))])
            except Exception:  # the library refuses the value
                rows.append([path, value, None])
            except BaseException as panic:  # an error of the library itself, which says nothing
                if type(panic).__name__ != "PanicException":
                    raise
        configs = []
        if name in ("llama", "byte_level", "word_piece"):
            start = CONFIG if name == "llama" else dict(tokenizer_class="PreTrainedTokenizerFast")
            with tempfile.TemporaryDirectory() as folder:
                for field, values in CONFIG_CHANGES.items():
                    for value in values:
                        try:
                            configs.append([field, *config_answers(folder, base, start | {field: value}, tokenizer.get_vocab_size())])
                        except Exception as error:
                            configs.append([field, start | {field: value}, str(error)])
        found[name] = dict(json=base, rows=rows, configs=configs)
    data = json.dumps(dict(texts=TEXTS, bases=found), ensure_ascii=True, separators=(",", ":"))
    with open(file, "wb") as out:
        out.write(gzip.compress(data.encode(), mtime=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
