"""Every sentence of a verdict and of a plan, as it is printed: `sentences.txt` holds them all.

To write the file anew after a sentence was changed on purpose: python -m tests.planning.test_words
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from headstart.backbone.backbone import Backbone, Source, Stage
from headstart.data.preprocess import Preprocess
from headstart.evidence.conclude import conclude
from headstart.evidence.evidence import Evidence
from headstart.evidence.priors import PRIORS
from headstart.planning.decide import decide
from tests.evidence.test_conclude import facts

KEPT = Path(__file__).with_name("sentences.txt")
FOUND = {
    "a top that nothing beats": facts(joint=0.88, error=0.005),
    "all cuts beat it": facts(joint=0.92, error=0.005),
    "a lower cut beats it": facts(top=0.80, low=0.86, joint=0.85, error=0.004),
    "much is left to gain": facts(top=0.5, low=0.7, joint=0.72),
    "too few": facts(top=0.5, low=0.7, joint=0.72, each=4),
    "random weights reach it": replace(facts(joint=0.88, error=0.005), control=0.895),
    "the best was picked": replace(facts(joint=0.89, error=0.001), optimism=0.02),
    "many of one class": replace(facts(), class_counts={"a": 1_900, "b": 12}, n=1_912, groups=900),
    "one cut": replace(facts(), profile=facts().profile[1:], concatenated=None),
}
OVERRULED: tuple[dict[str, Any], ...] = (
    {},
    {"size": "large"},
    {"similarity": "different"},
    {"size": "small", "similarity": "similar"},
)
ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"case": 1},
    {"case": 2},
    {"case": 3},
    {"case": 4},
    {"init": "random"},
    {"cut": "low"},
    {"cut": "low+top"},
    {"cut": "top"},
    {"case": 3, "recipe_overrides": {"epochs": 3, "lr": 0.1}},
    {"class_weight": "balanced"},
)


def backbone(cuts: int) -> Backbone:
    stages = (Stage("low", "low", 16, "NCHW", 2, 500), Stage("top", "fc", 128, "NC", 0, 0))[-cuts:]
    plain = Preprocess(64, 72, "bicubic", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    return Backbone("handmade", stages, plain, "0" * 64, Source("somewhere", 10), "fc", {})


def verdicts() -> Iterator[tuple[str, Evidence]]:
    for name, measured in FOUND.items():
        for asked in OVERRULED if name == "a top that nothing beats" else ({},):
            yield f"{name}; {asked}", Evidence(measured, conclude(measured, priors=PRIORS, **asked))


def sentences() -> str:
    """What every verdict says, and a plan's summary, and what its reasons say beside its verdicts."""
    lines = []
    for name, evidence in verdicts():
        lines += [f"# {name}", *(f"{fact}: {said}" for fact, said in evidence.how.items())]
        network = backbone(len(evidence.profile))
        for asked in ASKED:
            if len(evidence.profile) == 1 and ("low" in asked.get("cut", "") or asked.get("case") == 2):
                continue
            plan = decide(evidence, network, **asked)
            lines += [f"## {asked}", *plan.summary, *plan.reasons[3:]]
    return "\n".join(lines) + "\n"


def test_sentences_stand_as_they_were_printed() -> None:
    assert sentences() == KEPT.read_text(encoding="utf-8")


if __name__ == "__main__":
    KEPT.write_text(sentences(), encoding="utf-8")
