"""What a report costs: seconds over the bare job, and bytes.

    python benchmarks/report/cost.py DATA [--turns 3] [--case 1]

The job is done in this process, features from the cache after a first turn that is not counted; then `Run` in memory
(the bare job) and `Run.save`'s page and contents, each by itself, are timed by turns. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--case", type=int)
    args = parser.parse_args()
    found = [_turn(args.data, args.case) for _ in range(args.turns + 1)][1:]
    middle = {key: round(statistics.median(one[key] for one in found), 2) for key in found[0]}
    print(json.dumps({"data": Path(args.data).name, "turns": args.turns, **middle}))


def _turn(data: str, case: int | None) -> dict[str, float]:
    """Seconds of the bare job and of the report, of the map among it, and the sizes in MB."""
    import headstart as hs
    from headstart.job.embedding import embedding, make_ready
    from headstart.job.report import write

    begun = time.perf_counter()
    make_ready()
    run = hs.train(data, case=case)
    bare = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as place:
        begun = time.perf_counter()
        embedding(run)
        drawn = time.perf_counter() - begun
        begun = time.perf_counter()
        write(Path(place), run._contents())
        report = time.perf_counter() - begun
        sizes = {name: (Path(place) / f"report.{name}").stat().st_size / 1e6 for name in ("html", "json")}
    return {"bare": bare, "report": report, "map": drawn, **sizes}


if __name__ == "__main__":
    main()
