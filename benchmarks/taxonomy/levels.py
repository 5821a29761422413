"""A head of fine classes, its probabilities summed, against heads of coarse classes: equal pictures, each level.

    python benchmarks/taxonomy/levels.py --data DIR [--wordnet data.noun] [--sets cifar10 unseen tiny-imagenet]

DIR holds the data sets as class folders. Features of the network's top cut, extracted once and kept by headstart's
cache; for each draw of training pictures a head of the fine classes, and one of the nodes of each coarser level,
solved alike. `unseen` is the 50 tiny-imagenet classes of unseen-classes.txt through the twin of `small` that never saw
them; lite0 has learnt from tiny-imagenet's pictures. Prints a table, and what answers are `predict --sure` would give.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "regret"))

from cases import dataset_of
from wordnet import tree as wordnet_tree

import headstart
from headstart.assess.evaluation import Evaluation
from headstart.assess.levels import levels
from headstart.data.split import sample
from headstart.data.taxonomy import Taxonomy
from headstart.data.trees import grown
from headstart.extraction import extract
from headstart.heads import head
from headstart.intervals import paired
from headstart.runtime import Execution

TWIN = str(Path(__file__).parents[1] / "regret" / "small-twin")
CIFAR = (
    *(("animals", "mammals", "pets", name) for name in ("cat", "dog")),
    *(("animals", "mammals", "hoofed", name) for name in ("deer", "horse")),
    *(("animals", name) for name in ("bird", "frog")),
    *(("vehicles", "on the road", name) for name in ("automobile", "truck")),
    *(("vehicles", "of air and sea", name) for name in ("airplane", "ship")),
)
# Set → (network, training pictures of a draw, draws, test pictures)
SETS = {
    "cifar10": ("lite0", 2_000, 3, 4_000),
    "unseen": (TWIN, 5_000, 3, 2_500),
    "tiny-imagenet": ("lite0", 5_000, 1, 4_000),
}
SURE = (0.5, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Table:
    """x float32 [N, D], labels and groups int64 [N]; the first `train` rows are drawn from."""

    x: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    train: int


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path)
    parser.add_argument("--sets", nargs="+", default=["cifar10"])
    args = parser.parse_args()
    for name in args.sets:
        one(name, args.data, args.wordnet)
    return 0


def one(name: str, data: Path, wordnet: Path | None) -> None:
    network, each, draws, tested = SETS[name]
    dataset = dataset_of(data, name)
    found = grown(name, CIFAR) if name == "cifar10" else wordnet_tree(_given(wordnet), dataset.classes)
    assert found.classes == dataset.classes
    table = load(dataset, network, each * draws, tested)
    print(
        f"{name}: {Path(network).name}, {each:,} training pictures, {draws} draws, {tested:,} test pictures"
    )
    parts = [table_of(found, table, each, draw) for draw in range(draws)]
    for rows in zip(*parts, strict=True):
        print("  ".join(rows[0][:2]), *(f"{row[2]}" for row in rows), sep=" | ")
    for line in certain(found, table, each):
        print(line)


def _given(wordnet: Path | None) -> Path:
    if wordnet is None:
        sys.exit("--wordnet: name data.noun; see wordnet.py")
    return wordnet


def load(dataset: headstart.Dataset, network: str, most: int, tested: int) -> Table:
    given = headstart.partition(dataset, seed=0)
    train = given.train[sample(dataset.labels[given.train], most, 0)]
    test = given.report[sample(dataset.labels[given.report], tested, 0)]
    index = np.concatenate([np.random.default_rng(0).permutation(train), test])
    backbone = headstart.load_backbone(network, image_size=224 if network == "lite0" else None)
    order = np.argsort(index)
    features = extract(dataset, index[order], backbone, execution=Execution()).x[backbone.top.name]
    x = np.empty_like(features)
    x[order] = features
    return Table(x, dataset.labels[index], dataset.groups[index], len(train))


def answers(table: Table, labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Probabilities float32 [T, C] of the test pictures by a head of the rows."""
    count = int(labels.max()) + 1
    solved = head.solve(table.x[rows], labels[rows], count, groups=table.groups[rows])
    return solved.head.probabilities(table.x[table.train :])


def table_of(tree: Taxonomy, table: Table, each: int, draw: int) -> list[tuple[str, str, str]]:
    """(level, nodes, what came of it) for each level."""
    rows = np.arange(draw * each, (draw + 1) * each)
    fine = answers(table, table.labels, rows)
    truth, groups = table.labels[table.train :], table.groups[table.train :]
    held = Evaluation("test", tree.classes, truth, fine, groups)
    seen, out = levels(held, tree), []
    sums = tree.sums(fine)
    for level in seen.levels:
        node, (low, high) = tree.at(level.depth), level.score.interval or (0, 1)
        there, coarse = np.unique(node, return_inverse=True)
        summed = there[sums[:, there].argmax(1)] == node[truth]
        said = f"summed {level.score.accuracy:.4f} ({low:.4f} to {high:.4f})"
        if level.depth < tree.depth:
            direct = answers(table, coarse[table.labels], rows).argmax(1) == coarse[truth]
            gain, error = paired(summed, direct, groups)
            said += f", direct {direct.mean():.4f}, {100 * gain:+.2f} ± {100 * error:.2f} points"
        out.append((f"level {level.depth}", f"{level.nodes} nodes", said))
    far = seen.distance
    if far:
        out.append(
            (
                "mistakes",
                f"{far.mistakes:,}",
                f"{far.mean:.2f} edges off, by chance {far.chance:.2f}, {far.gain:.2f} ± {far.error:.2f} nearer",
            )
        )
    return out


def certain(tree: Taxonomy, table: Table, each: int) -> Iterator[str]:
    """Of answers as fine as `predict --sure` allows: how many are right, how many are classes, how deep they are."""
    fine = answers(table, table.labels, np.arange(each))
    truth = table.labels[table.train :]
    depths = np.array(tree.depths)
    own = depths[[tree.names.index(name) for name in tree.classes]]
    for sure in SURE:
        node, _ = tree.certain(fine, sure)
        right = tree.members[node, truth]
        whole, none = np.isin(node, leaves(tree)).mean(), (node == 0).mean()
        yield (
            f"sure {sure}: right {right.mean():.4f}; a class {whole:.3f}, a node above "
            f"{1 - whole - none:.3f}, nothing {none:.3f}; levels {depths[node].mean():.2f} of {own[truth].mean():.2f}"
        )


def leaves(tree: Taxonomy) -> list[int]:
    return [tree.names.index(name) for name in tree.classes]


if __name__ == "__main__":
    sys.exit(main())
