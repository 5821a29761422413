"""What was found, in words for people who have pictures and no statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headstart.counts import first, pictures, plural
from headstart.screening.finding import BLURRED, DARK, KINDS, ODD, STRADDLES, TINY, TORN, WRONG, Reviewed

_HEADLINES = {
    WRONG: ("This picture may lie in the wrong folder", "These {} pictures may lie in the wrong folder"),
    TORN: ("This picture stands in two classes", "These {} pictures stand in two classes"),
    STRADDLES: ("This picture stands in two splits", "These {} pictures stand in two splits"),
    ODD: ("This picture looks like no class", "These {} pictures look like no class"),
    DARK: ("This picture is dark", "These {} pictures are dark"),
    BLURRED: ("This picture is blurred", "These {} pictures are blurred"),
    TINY: ("This picture is tiny", "These {} pictures are tiny"),
}
ADVICE = {
    WRONG: "A classifier that has not seen them takes them for another class. Look at each: where the classifier is "
    "right write relabel, where the label is right keep, where neither is leave out.",
    TORN: "The same picture, or nearly, lies in another class too. Only one of the two can be right: leave out the "
    "other.",
    STRADDLES: "The same picture, or nearly, is there to learn from and to be tested on. train leaves the earlier one "
    "out by itself; write leave out where you want it gone for good: the other one stays.",
    ODD: "They are far from all other pictures. A scanned page, a logo or a wrong download looks so; so does a rare "
    "but right picture: keep that.",
    DARK: "There may be nothing to see in them.",
    BLURRED: "They may be out of focus, or blown up from a small picture.",
    TINY: "They have far fewer pixels than the others.",
}


def headline(kind: str, count: int) -> str:
    """ "These 12 pictures may lie in the wrong folder" """
    one, many = _HEADLINES[kind]
    return one if count == 1 else many.format(f"{count:,}")


def lines(found: Reviewed, *, named: int = 0) -> Iterator[str]:
    """The findings, a sentence a kind, with the paths of the first `named`; then what could not be judged."""
    counts = found.counts()
    if not any(counts.values()):
        yield f"Nothing stands out in {pictures(found.n)}."
    for kind in KINDS:
        if counts[kind]:
            which = _which([one.path for one in found.of(kind)], named)
            yield f"{headline(kind, counts[kind])}{which}."
    yield from (f"{note[0].upper()}{note[1:]}." for note in found.notes)


def _which(paths: Sequence[str], most: int) -> str:
    """ ": a.png, b.png and 10 more"; "" where `most` is 0."""
    return f": {first(paths, most)}" if most else ""


def judged(found: Reviewed) -> str:
    """How the labels were judged, in sentences; "" where none was."""
    if found.accuracy is None:
        return ""
    noise = found.noise or 0.0
    share = "" if noise < 0.001 else f" About {100 * noise:.2g} labels in 100 seem wrong."
    return (
        f"{plural(found.judged, 'label')} judged by classifiers that had not learnt from them. They name "
        f"{100 * found.accuracy:.0f} of 100 as they are labelled.{share} Only labels that are more likely wrong than "
        "right are listed: some that are wrong are not among them."
    )
