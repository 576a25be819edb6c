"""A small vocabulary in tiktoken's format, and the ids of tiktoken and of transformers' converter, which agree.

    python3 tiktoken_vocabulary.py FILE      writes tests/golden/tokenizer/tiktoken.json

Needs tiktoken and transformers 5 from PyPI. The merges are made up.
"""

import base64
import json
import os
import random
import re
import sys
import tempfile

import tiktoken
import tokenizer_structures as structures


def made_up_ranks(size):
    draw = random.Random(3)
    order = list(range(256))
    draw.shuffle(order)
    ranks = {bytes([byte]): rank for rank, byte in enumerate(order)}
    words = re.findall(rb"\s?\S+|\s+", "\n".join(structures.LINES[:7]).encode())
    while len(ranks) < size:
        word = draw.choice(words)
        encoding = tiktoken.Encoding("made up", pat_str=structures.LLAMA3, mergeable_ranks=ranks, special_tokens={})
        ids = encoding._encode_single_piece(word)
        if len(ids) < 2:
            continue
        tokens = {rank: token for token, rank in ranks.items()}
        at = draw.randrange(len(ids) - 1)
        ranks.setdefault(tokens[ids[at]] + tokens[ids[at + 1]], len(ranks))
    return ranks


def main(file):
    from transformers.convert_slow_tokenizer import TikTokenConverter

    ranks = made_up_ranks(400)
    lines = "".join(f"{base64.b64encode(token).decode()} {rank}\n" for token, rank in ranks.items())
    encoding = tiktoken.Encoding("made up", pat_str=structures.LLAMA3, mergeable_ranks=ranks, special_tokens={})
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tokenizer.model")
        with open(path, "w") as out:
            out.write(lines)
        converted = TikTokenConverter(vocab_file=path).converted()
    cases = []
    for text in structures.odd_strings(120, 11):
        ids = encoding.encode(text, disallowed_special=())
        assert ids == converted.encode(text, add_special_tokens=False).ids, text
        cases.append([text, ids])
    with open(file, "w", encoding="utf-8") as out:
        json.dump(dict(lines=lines, cases=cases), out, ensure_ascii=True, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
