"""A SentencePiece model with user-defined symbols, and the ids of spm_encode.

    python3 sentencepiece_symbols.py FOLDER      writes symbols.model and symbols.json, as in tests/golden/tokenizer

Needs sentencepiece (0.2.3 made the files).
"""

import json
import os
import sys
import tempfile

import sentencepiece
import tokenizer_structures as structures
from tokenizer_oracle import LLAMA

SYMBOLS = ["<tool>", "hum", "  ", "▁herd", "12", "(x|y)*", "a.b"]


def main(folder):
    with tempfile.TemporaryDirectory() as scratch:
        corpus = os.path.join(scratch, "corpus")
        with open(corpus, "w", encoding="utf-8") as file:
            file.write("\n".join(structures.LINES) + "\n")
        prefix = os.path.join(folder, "symbols")
        settings = {**LLAMA, "user_defined_symbols": SYMBOLS, "control_symbols": ["<ctl>"]}
        sentencepiece.SentencePieceTrainer.train(input=corpus, model_prefix=prefix, vocab_size=520, **settings)
    os.remove(prefix + ".vocab")
    model = sentencepiece.SentencePieceProcessor(model_file=prefix + ".model")
    texts = structures.odd_strings(150, 9) + [a + b for a in SYMBOLS for b in ["", " ", "herd", "hum"]]
    with open(prefix + ".json", "w", encoding="utf-8") as out:
        json.dump([[text, model.encode(text), model.decode(model.encode(text))] for text in texts], out, ensure_ascii=True, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
