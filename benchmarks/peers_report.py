"""What the benchmark of the peers prints: ratios first, then what the answers have in common."""

import numpy as np
import numpy.typing as npt

from app.engine.recommenders.user_based import Neighbourhood
from benchmarks.engine_expected import ExpectedByUsers
from benchmarks.engine_shop import Shop
from benchmarks.peers_expected import OwnDefinitions
from benchmarks.peers_shape import Outcome, Task

GOAL = 50
_TIE = 1e-12
_DIFFERENCES = {
    "lenskit": (
        "It subtracts each shopper's mean, and takes for every item the k nearest of those who "
        "rated it, not the k nearest of all: it ranks predicted ratings, whoever gave them."
    ),
    "surprise": (
        "Its cosine is over common items only, so that one item in common makes 1, and it takes "
        "for every item the k nearest of those who rated it: it ranks predicted ratings."
    ),
}


def head(shop: Shop, asked: list[str], k: int, n: int) -> str:
    """Return what is compared."""
    shoppers = f"{len(asked)} shoppers drawn uniformly"
    size = f"{len(shop.preferences):,} ratings"
    return (
        f"MovieLens 1M, {size}; user-based, k = {k}, top {n}; {shoppers}, one at a time\n"
        "A new rating counts in the engine's next answer; the peers have to be fitted anew.\n"
    )


def tell(name: str, shop: Shop, task: Task, peer: Outcome, ours: npt.NDArray[np.float64]) -> None:
    """Print one peer's ratio and how its answers compare."""
    ratio = float(np.median(peer.seconds) / np.median(ours))
    each = peer.seconds / ours
    verdict = "met" if ratio >= GOAL else "missed"
    print(f"{ratio:,.0f} times faster than {peer.release} (goal {GOAL}, {verdict})")
    print(
        f"  medians {np.median(ours) * 1e3:.3f} ms against {np.median(peer.seconds) * 1e3:.1f} ms; "
        f"shopper by shopper {each.min():,.0f} to {each.max():,.0f} times; its fit {peer.fit:.2f} s"
    )
    for line in _same(shop, task, peer) if name == "scikit" else _other(name, shop, task, peer):
        print(f"  {line}")
    print(flush=True)


def _same(shop: Shop, task: Task, peer: Outcome) -> list[str]:
    """Hold a peer of the same definition to it; raise AssertionError where it differs."""
    expected = ExpectedByUsers(shop.preferences)
    worst, tied = 0.0, 0
    for at, user in enumerate(task.asked.tolist()):
        user_id = shop.preferences.users.id(user)
        profile = shop.profile(user_id)
        mine = shop.user_based.neighbours(profile, Neighbourhood(k=task.k))
        theirs, same = peer.neighbours[at], set(peer.neighbours[at].tolist())
        if set(mine.rows.tolist()) != same:  # only the tie at the last place may be cut otherwise
            sure = mine.rows[mine.similarities > mine.similarities[-1] + _TIE]
            assert set(sure.tolist()) <= same, (user_id, mine.rows, theirs)
            tied += 1
            continue
        scores = shop.user_scores(user_id)
        found = peer.items[at][peer.items[at] >= 0]
        worst = max(worst, float(np.abs(scores[found] - peer.scores[at][: found.size]).max()))
        worst = max(worst, float(np.abs(scores - expected.scores(user_id, k=task.k)).max()))
    assert worst < 1e-6, worst
    text = f"the same definition: the same {task.k} neighbours for {len(peer.items) - tied} of "
    text += f"{len(peer.items)} shoppers, scores within {worst:.0e}"
    if tied:
        text += f"; the other {tied} differ only among equals at the last place"
    return [text]


def _other(name: str, shop: Shop, task: Task, peer: Outcome) -> list[str]:
    own = OwnDefinitions(task)
    differences, lists, sets = [], [], []
    for at, user in enumerate(task.asked.tolist()):
        right = getattr(own, name)(user)
        found = peer.items[at] >= 0
        rows = peer.items[at][found]
        differences += np.abs(right[rows] - peer.scores[at][found]).tolist()
        user_id = shop.preferences.users.id(user)
        ours = shop.recommend(user_id, shop.user_scores)
        theirs = {shop.preferences.items.id(row) for row in rows.tolist()}
        lists.append(len(theirs & set(ours)))
        if peer.neighbours.size:
            mine = shop.user_based.neighbours(shop.profile(user_id), Neighbourhood(k=task.k))
            sets.append(len(set(mine.rows.tolist()) & set(peer.neighbours[at].tolist())))
    assert np.mean(np.array(differences) < 1e-3) > 0.99, sorted(differences)[-20:]
    text = f"lists of {task.n} have {np.mean(lists):.1f} items in common with ours, on average"
    if sets:
        text += f", its {task.k} nearest {np.mean(sets):.1f} shoppers"
    return [
        f"another definition. {_DIFFERENCES[name]}",
        f"held to plain numpy of its own definition: scores within {max(differences):.0e}",
        text,
    ]
