"""What changes to the live tables cost."""

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.engine_shop import Shop


def update(
    shop: Shop, user_ids: list[str], count: int, rng: np.random.Generator
) -> Iterator[tuple[str, str]]:
    """Change random pairs: new and replaced values, every third change a removal."""
    items = shop.preferences.items
    item_ids = [items.id(row) for row in range(items.capacity)]
    users, chosen = rng.integers(0, len(user_ids), count), rng.integers(0, len(item_ids), count)
    known = [(u, i) for u in user_ids[:2000] for i, _, _ in shop.preferences.of_user(u)]
    spent: dict[str, list[float]] = {"put new": [], "put again": [], "remove": []}
    for step, (user, item) in enumerate(zip(users.tolist(), chosen.tolist(), strict=True)):
        kind = ("put new", "put again", "remove")[step % 3]
        old = known[step // 3 % len(known)]
        pair = (user_ids[user], item_ids[item]) if kind == "put new" else old
        start = time.perf_counter()
        if kind == "remove":
            shop.preferences.remove(*pair)
        else:
            shop.preferences.put(pair[0], pair[1], 1.0 + step % 5)
        spent[kind].append(time.perf_counter() - start)
    for kind, times in spent.items():
        figures = np.median(times), np.mean(times), np.percentile(times, 99.9)
        text = " / ".join(f"{figure * 1e6:.1f}" for figure in figures)
        yield f"{kind}, median / mean / p99.9", f"{text} µs"
