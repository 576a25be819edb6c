"""Makes the golden reference numbers of tests/golden anew, or checks a folder of them.

    python3 tests/golden_maker/make.py OUT                      our own inputs
    python3 tests/golden_maker/make.py OUT --like tests/golden  sizes, seeds and inputs of a stored folder
    python3 tests/golden_maker/make.py --check tests/golden     recompute and compare; exit code 1 beyond the bounds

Plain PyTorch in float64, written from tests/golden/README.md. Left out: eval/ (neither made nor checked).
"""
import argparse
import sys
from pathlib import Path

import torch

sys.dont_write_bytecode = True  # leave no __pycache__ in the tree

import check
import curve
import folder
import ops
import tables
from files import write


def build(like: Path | None, measure: bool) -> dict[str, object]:
    """Content of every file, by its path in the golden folder. `measure` adds the float32 noise runs."""
    made = tables.files_of(like) | ops.files_of(like)
    for name in ("A", "B"):
        made |= folder.files_of(name, like, measure)
    return made | curve.files_of(like, measure)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, metavar="OUT", help="folder to write")
    parser.add_argument("--like", type=Path, metavar="FOLDER", help="take sizes, seeds and inputs from this golden folder")
    parser.add_argument("--check", type=Path, metavar="FOLDER", help="compare this golden folder, write nothing")
    options = parser.parse_args()
    if (options.out is None) == (options.check is None) or options.check and options.like:
        parser.error("give either OUT (perhaps with --like) or --check FOLDER")
    source = options.check or options.like
    if source and not source.is_dir():
        parser.error(f"no such folder: {source}")
    torch.set_num_threads(1)
    if options.check:
        report = check.compare(options.check, build(options.check, measure=False))
        print("\n".join(report.lines()))
        print("passed" if report.passed else "FAILED")
        return 0 if report.passed else 1
    for path, content in build(options.like, measure=True).items():
        write(options.out / path, content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
