"""The results as a page, and what stands in it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from app.offline.evaluation.assembling import estimates
from app.offline.evaluation.report import render_html
from app.offline.evaluation.report_definitions import define
from app.offline.evaluation.report_plots import short
from app.offline.evaluation.results import (
    Estimate,
    Group,
    Results,
    Tier,
    VariantResult,
)

NASTY = "$x_y$ </script><script>alert('x')</script> & \"co\""
TIERS = (Tier("head", 0.1, 0.2, 0.7), Tier("middle", 0.3, 0.6, 0.2), Tier("tail", 0.6, 0.2, 0.1))
SINGLE = {"base", "br", "hr", "img", "input", "link", "meta"}


def variant(name, mean, *, p=None, beyond=0.5):
    figures = {
        f"{metric}@{n}": Estimate(mean * n, mean * n - 0.01, mean * n + 0.01, 40, p)
        for metric in ("ndcg", "recall", "hit")
        for n in (5, 10)
    }
    return VariantResult(
        name, "hybrid", {"k": 50, "own": None}, {"all users": figures}, {"gini": beyond}, TIERS
    )


def results(*variants, **changes):
    made = Results(
        title="A shop",
        command="flask evaluate",
        made_at="2026-01-02 03:04 UTC",
        data={"users": 1234, "first": "2020-01-01"},
        split={"cut": None},
        groups=(Group("all users", "Everybody.", 40), Group("cold", "Nobody.", 0)),
        variants=variants,
        baseline="popular",
        at=(5, 10),
        seeds={"bootstrap": 7},
        versions={"numpy": "2"},
    )
    return replace(made, **changes)


class Reader(HTMLParser):
    """Reads a page strictly: what opens must close, and says what stands in it."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.addresses, self.words = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in SINGLE:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(page):
    reader = Reader(page)
    assert reader.open == []
    return reader


TWO = (variant("popular", 0.01), variant("hybrid", 0.02, p=0.2, beyond=0.7))


def test_the_page_needs_nothing_else():
    page = render_html(results(*TWO))
    reader = read(page)
    assert reader.addresses == []
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert not re.search(r"https?://|@import|url\((?!#)", page)


def test_every_name_is_escaped_wherever_it_stands():
    nasty = variant(NASTY, 0.03)
    nasty = replace(nasty, strategy=NASTY, parameters={NASTY: NASTY}, seconds={NASTY: 1.0})
    groups = (Group("all users", NASTY, 40), Group(NASTY, NASTY, 1))
    figures = {"all users": nasty.figures["all users"], NASTY: {f"{NASTY}@5": Estimate(1, 1, 1, 1)}}
    odd = {NASTY: NASTY}
    page = render_html(
        results(
            TWO[0],
            replace(nasty, figures=figures, beyond={NASTY: 0.1}),
            groups=groups,
            baseline=NASTY,
            title=NASTY,
            command=NASTY,
            made_at=NASTY,
            data=odd,
            split=odd,
            versions=odd,
            seeds={NASTY: 1},
            notes=(NASTY,),
        )
    )
    reader = read(page)
    assert "script" not in reader.tags
    assert any(NASTY in words for words in reader.words)


def test_what_stands_in_the_tables():
    words = read(render_html(results(*TWO))).words
    assert {"NDCG@10", "Recall@5", "Gini of exposure", "0.2000", "0.1900 to 0.2100"} <= set(words)
    assert "p 0.2000" in words
    assert "1,234" in words


def test_a_variant_not_to_be_told_from_the_baseline_is_hollow():
    hollow = "fill: var(--page)"
    assert hollow in render_html(results(*TWO))
    told = variant("hybrid", 0.02, p=0.01)
    assert hollow not in render_html(results(TWO[0], told))


def test_a_plot_says_what_it_shows_and_each_mark_what_it_stands_for():
    page = render_html(results(*TWO))
    assert 'role="img" aria-label="NDCG@10, all users"' in page
    assert "<title>hybrid: 0.2000 (0.1900 to 0.2100), 40 users, p 0.2000</title>" in page


def test_the_colours_are_those_of_the_page():
    drawn = re.findall(r"<svg.*?</svg>", render_html(results(*TWO)), re.S)
    assert drawn and not [svg for svg in drawn if re.search(r"(fill|stroke): (#|rgb)", svg)]


def test_no_two_plots_share_an_id():
    plots = re.findall(r"<figure>.*?</figure>", render_html(results(*TWO)), re.S)
    ids = [set(re.findall(r' id="(.*?)"', plot)) for plot in plots]
    assert sum(map(len, ids)) == len(set().union(*ids)) > 0


def test_the_same_results_make_the_same_page():
    assert render_html(results(*TWO)) == render_html(results(*TWO))


def test_the_best_of_a_row_is_bold_by_its_own_direction():
    page = render_html(results(*TWO))
    row = re.search(r"Gini of exposure</th>(.*?)</tr>", page, re.S).group(1)
    assert re.findall(r'class="best">([\d.]+)', row) == ["0.5000"]


@pytest.mark.parametrize(
    "variants",
    [(), (VariantResult("popular", "popular"),), (replace(TWO[0], tiers=()),)],
    ids=["no variant", "no figures", "one variant"],
)
def test_little_to_show_is_shown(variants):
    assert read(render_html(results(*variants, at=(5,)))).tags


def test_figures_without_a_value_are_a_dash():
    nothing = {"all users": {"ndcg@10": Estimate(None, None, None, 0)}}
    empty = replace(TWO[1], figures=nothing, beyond={"gini": None})
    assert "–" in read(render_html(results(TWO[0], empty))).words


def test_estimates_of_two_variants_in_two_groups():
    better = np.array([1.0, 1.0, 1.0, 1.0, 0.0, np.nan] * 10)
    worse = np.array([0.0, 0.0, 1.0, 0.0, 0.0, np.nan] * 10)
    everybody, nobody = np.ones(60, bool), np.zeros(60, bool)
    found = estimates(
        {"popular": {"hit@5": worse}, "hybrid": {"hit@5": better}},
        {"all": everybody, "nobody": nobody},
        baseline="popular",
        seed=1,
    )
    base, other = found["popular"]["all"]["hit@5"], found["hybrid"]["all"]["hit@5"]
    assert (base.mean, base.n, base.p) == (0.2, 50, None)
    assert (other.mean, other.n) == (0.8, 50)
    assert other.p == pytest.approx(0.0001)
    assert base.low < 0.2 < base.high < other.low < 0.8 < other.high
    assert found["hybrid"]["nobody"]["hit@5"] == Estimate(None, None, None, 0, None)


def test_p_values_are_corrected_for_the_number_of_variants():
    rng = np.random.default_rng(0)
    base = rng.random(100)
    others = {f"v{n}": {"ndcg@5": base + rng.normal(0.05, 0.2, 100)} for n in range(4)}
    groups = {"all": np.ones(100, bool)}
    alone = estimates({"b": {"ndcg@5": base}, "v0": others["v0"]}, groups, baseline="b", seed=1)
    many = estimates({"b": {"ndcg@5": base}} | others, groups, baseline="b", seed=1)
    assert many["v0"]["all"]["ndcg@5"].p > alone["v0"]["all"]["ndcg@5"].p
    assert many["v0"]["all"]["ndcg@5"].mean == alone["v0"]["all"]["ndcg@5"].mean


def test_an_unknown_metric_is_named_as_it_is():
    assert define("own_thing@5").title == "own thing@5"
    assert define("ndcg@10").title == "NDCG@10"


def test_long_names_keep_both_ends():
    assert short("hybrid") == "hybrid"
    assert short("hybrid, w_user=0.8, w_item=0.2") == "hybrid…_item=0.2"


def test_where_all_are_equal_none_is_best():
    page = render_html(results(TWO[0], variant("hybrid", 0.01)))
    assert 'class="best"' not in page
