"""The definitions in plain Python, as slow and as plain as can be: the engine is checked by them.

`ratings` is {user: {item: (value, implied)}}, values as float32 keeps them.
"""

import math
import struct

Ratings = dict[str, dict[str, tuple[float, bool]]]
Vectors = dict[str, list[float]]


def float32(value: float) -> float:
    """Round as a float32 stores it."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def read(ratings: Ratings, user: str, g: float) -> dict[str, float]:
    """What is read with landmark scalar g: explicit values times g."""
    return {item: v if implied else g * v for item, (v, implied) in ratings[user].items()}


def cosine(x: dict[str, float], y: dict[str, float]) -> float:
    dot = math.fsum(x[i] * y[i] for i in x.keys() & y.keys())
    lengths = math.fsum(v * v for v in x.values()) * math.fsum(v * v for v in y.values())
    return dot / math.sqrt(lengths) if lengths else 0.0


def pearson(x: dict[str, float], y: dict[str, float]) -> float:
    common = sorted(x.keys() & y.keys())
    if len(common) < 2:
        return 0.0
    x_mean = math.fsum(x[i] for i in common) / len(common)
    y_mean = math.fsum(y[i] for i in common) / len(common)
    xx = math.fsum((x[i] - x_mean) ** 2 for i in common)
    yy = math.fsum((y[i] - y_mean) ** 2 for i in common)
    if xx <= 1e-14 * len(common) * x_mean**2 or yy <= 1e-14 * len(common) * y_mean**2:
        return 0.0
    xy = math.fsum((x[i] - x_mean) * (y[i] - y_mean) for i in common)
    return xy / math.sqrt(xx * yy)


def jaccard(x: dict[str, float], y: dict[str, float]) -> float:
    return len(x.keys() & y.keys()) / len(x.keys() | y.keys())


SIMILARITIES = {"cosine": cosine, "pearson": pearson, "jaccard": jaccard}


def neighbours(
    ratings: Ratings,
    user: str,
    k: int,
    similarity: str = "cosine",
    least: float = 0.0,
    g: float = 1.0,
) -> list[tuple[str, float]]:
    measure, mine = SIMILARITIES[similarity], read(ratings, user, g)
    found = [(v, measure(mine, read(ratings, v, g))) for v in ratings if v != user]
    near = [(v, s) for v, s in found if round(s, 12) > 0 and round(s, 12) >= round(least, 12)]
    return sorted(near, key=lambda pair: (-round(pair[1], 12), pair[0]))[:k]


def shrunk_cosines(
    ratings: Ratings, user: str, g: float, shrinkage: float, asymmetry: float, damping: float
) -> dict[str, float]:
    """Cosines with knobs, of everybody who shares an item."""
    mine = read(ratings, user, g)
    raters = {i: sum(i in entries for entries in ratings.values()) for i in mine}
    rarest = min(raters.values())
    square = math.fsum(v * v for v in mine.values())
    found = {}
    for other in ratings.keys() - {user}:
        theirs = read(ratings, other, g)
        common = mine.keys() & theirs.keys()
        dot = math.fsum(mine[i] * theirs[i] * (rarest / raters[i]) ** damping for i in common)
        if common and dot > 0:
            lengths = square**asymmetry * math.fsum(v * v for v in theirs.values()) ** (
                1 - asymmetry
            )
            found[other] = dot / lengths * len(common) / (len(common) + shrinkage)
    return found


def user_scores(ratings: Ratings, near: list[tuple[str, float]], g: float) -> dict[str, float]:
    total = math.fsum(s for _, s in near)
    items = {i for v, _ in near for i in ratings[v]}
    read_of = {v: read(ratings, v, g) for v, _ in near}
    return {i: math.fsum(s * read_of[v].get(i, 0.0) for v, s in near) / total / g for i in items}


def predictions(ratings: Ratings, near: list[tuple[str, float]], g: float) -> dict[str, float]:
    items = {i for v, _ in near for i in ratings[v]}
    result = {}
    for i in items:
        raters = [(read(ratings, v, g)[i], s) for v, s in near if i in ratings[v]]
        result[i] = math.fsum(r * s for r, s in raters) / math.fsum(s for _, s in raters) / g
    return result


def feature_cosine(f: list[float], h: list[float]) -> float:
    dot = math.fsum(a * b for a, b in zip(f, h, strict=True))
    lengths = math.fsum(a * a for a in f) * math.fsum(b * b for b in h)
    return abs(dot) / math.sqrt(lengths) if lengths else 0.0


def item_scores(mine: dict[str, float], vectors: Vectors) -> dict[str, float]:
    total = math.fsum(abs(r) for r in mine.values())
    known = {j: r for j, r in mine.items() if j in vectors}
    return {
        i: math.fsum(r * feature_cosine(vectors[i], vectors[j]) for j, r in known.items()) / total
        for i in vectors
    }


def popularity(ratings: Ratings, item: str, top: float, g: float) -> float:
    shoppers = [u for u in ratings if ratings[u]]
    values = [read(ratings, u, g).get(item, 0.0) / g for u in shoppers]
    return math.fsum(values) / (top * len(shoppers)) if shoppers else 0.0


def ranked(scores: dict[str, float], n: int) -> list[str]:
    return sorted(scores, key=lambda i: (-round(scores[i], 9), i))[:n]
