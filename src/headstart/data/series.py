"""Series: names that say that pictures belong together, as those of a film's frames do."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from headstart.counts import plural
from headstart.data.listing import Row

_ENDS = "_-"  # before the last of these stands what a series is called
FEWEST, MOST = 3, 200  # pictures of a series, in the mean
SHARE = 0.5  # of all pictures, that stand in one
SEVERAL = 3  # series a class, in the mean: one alone is the class's own name


def told(rows: Sequence[Row]) -> list[str]:
    """A note where file names look like those of series, and nobody has said which pictures belong together."""
    if any(row.group for row in rows):
        return []
    for sign in _ENDS:
        names = [_series(row.name, sign) for row in rows]
        count = Counter((row.label, name) for row, name in zip(rows, names, strict=True) if name)
        several = {key: n for key, n in count.items() if n >= FEWEST}
        held = sum(several.values())
        if held < SHARE * len(rows) or not FEWEST <= held / len(several) <= MOST:
            continue
        if len(several) < SEVERAL * len({row.label for row in rows}):
            continue
        (_, name), most = max(several.items(), key=lambda item: item[1])
        return [
            f"names look like series: {plural(len(several), 'beginning')} before the last {sign!r}, such as {name!r} "
            f"of {most:,} pictures; if each is of one thing, give --group-regex '(.+){sign}[0-9]+', or the accuracy "
            "looks better than it is"
        ]
    return []


def _series(path: str, sign: str) -> str:
    """What stands before the last `sign` of a file's name, where only digits follow it; else ""."""
    name, _ = os.path.splitext(path.replace("\\", "/").rpartition("/")[2])
    beginning, _, number = name.rpartition(sign)
    return beginning if number.isdecimal() else ""
