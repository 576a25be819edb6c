"""Lists the metadata fields that PyPI gguf (0.19) knows for a model of the architecture llama.

    python3 gguf_field_names.py > ../golden/gguf/field_names.json
"""
import json

from gguf.constants import Keys


def names(group):
    for name, value in vars(group).items():
        if isinstance(value, type):
            yield from names(value)
        elif not name.startswith("_"):
            yield value


# Adapters, importance matrices and vision encoders are other kinds of files.
known = [name for name in names(Keys) if not name.startswith(("adapter.", "imatrix.", "clip.", "diffusion."))]
print(json.dumps(sorted({name.replace("{arch}", "llama") for name in known}), indent=0))
