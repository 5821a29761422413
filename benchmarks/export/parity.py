"""Whether exports say what their bundles say: each format of each bundle on the same real pictures.

python benchmarks/export/parity.py --bundles RUN... --pictures FOLDER... --formats onnx openvino -o parity.jsonl
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
    parser.add_argument("--bundles", nargs="+", required=True)
    parser.add_argument("--pictures", nargs="+", required=True)
    parser.add_argument("--formats", nargs="+", default=["zip", "openvino", "onnx", "torch", "timm", "hf"])
    parser.add_argument("-o", "--output", default="parity.jsonl")
    args = parser.parse_args()
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


if __name__ == "__main__":
    main()
