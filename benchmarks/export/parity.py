"""Whether exports say what their bundles say: each format of each bundle on the same real pictures.

python benchmarks/export/parity.py --bundles RUN... --pictures FOLDER... --formats onnx openvino -o parity.jsonl
python benchmarks/export/parity.py --table -o parity.jsonl

The second prints the table; lines of one bundle and format, made on several lots of pictures, become one of its rows.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import headstart
from headstart.errors import HeadstartError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundles", nargs="+", default=[])
    parser.add_argument("--pictures", nargs="+", default=[])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--formats", nargs="+", default=["zip", "openvino", "onnx", "torch", "timm", "hf"])
    parser.add_argument("-o", "--output", default="parity.jsonl")
    args = parser.parse_args()
    if args.table:
        print(
            table([json.loads(line) for line in Path(args.output).read_text(encoding="utf-8").splitlines()])
        )
    for bundle in args.bundles:
        for name in args.formats:
            with Path(args.output).open("a", encoding="utf-8") as lines:
                lines.write(
                    json.dumps({"bundle": Path(bundle).name, **row(bundle, name, args.pictures)}) + "\n"
                )


def row(bundle: str, name: str, pictures: list[str]) -> dict:
    """What the check of one export found; why there is none, where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = headstart.export(bundle, name, Path(folder) / "export", pictures=pictures, progress=False)
        except HeadstartError as error:
            return {"format": name, "refused": str(error).replace(bundle, Path(bundle).name)}
        return {"format": name, **found.parity.to_dict()}


def table(rows: list[dict]) -> str:
    """Markdown, a row for each bundle and format that was not refused."""
    lots: dict[tuple[str, str], list[dict]] = {}
    for one in rows:
        if "refused" not in one:
            lots.setdefault((one["bundle"], one["format"]), []).append(one)
    head = "| bundle | format | same pixels: same answers | scores differ by at most | probabilities | whole pictures |"
    lines = [f"{head} probabilities |", "|-|-|-|-|-|-|-|"]
    for (bundle, name), found in lots.items():
        prepared, whole = ([one[kind] for one in found] for kind in ("prepared", "whole"))
        scores = max(one["logits"] for one in prepared)
        lines.append(
            f"| {bundle} | {name} | {same(prepared)} | {scores:.1e} | {far(prepared)} | {same(whole)} | {far(whole)} |"
        )
    return "\n".join(lines)


def same(lots: list[dict]) -> str:
    """How many answers are the same, of all."""
    return f"{sum(one['same'] for one in lots):,} of {sum(one['pictures'] for one in lots):,}"


def far(lots: list[dict]) -> str:
    """The greatest difference of a probability."""
    return f"{max(one['probabilities'] for one in lots):.1e}"


if __name__ == "__main__":
    main()
