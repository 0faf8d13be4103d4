"""The page of an evaluation, in a browser."""

import pytest

from app.offline.evaluation.report import render_html
from app.offline.evaluation.results import Estimate, Group, Results, Tier, VariantResult

pytestmark = pytest.mark.browser

METRICS = [f"{name}@{n}" for name in ("ndcg", "recall", "hit") for n in (5, 10, 20)]
TIERS = (Tier("head", 0.1, 0.2, 0.7), Tier("middle", 0.3, 0.6, 0.2), Tier("tail", 0.6, 0.2, 0.1))


def variant(number):
    name = "popular" if not number else f"hybrid, w_user=0.{number}, a_long_name={number}"
    figures = {
        metric: Estimate(0.1 * number, 0.1 * number - 0.02, 0.1 * number + 0.02, 9)
        for metric in METRICS
    }
    coverage = {"item_coverage": 0.1 * number}
    return VariantResult(name, "hybrid", {"k": number}, {"all users": figures}, coverage, TIERS)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    results = Results(
        title="A shop",
        command="flask evaluate --file " + "a" * 120,
        made_at="2026-01-02",
        data={"users": 9},
        split={"cut": "2026-01-01"},
        groups=(Group("all users", "Everybody.", 9),),
        variants=tuple(variant(number) for number in range(10)),
        baseline="popular",
        at=(5, 10, 20),
    )
    path = tmp_path_factory.mktemp("report") / "evaluation.html"
    path.write_text(render_html(results), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen_and_asks_for_nothing(browser, page_file, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(page_file.as_uri())
    assert (asked, complaints) == ([page_file.as_uri()], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    drawn = page.locator("figure svg")
    assert drawn.count() == 7
    for picture in drawn.all():
        assert picture.bounding_box()["width"] <= min(width, 430)
    page.close()


def test_no_label_leaves_its_picture(browser, page_file):
    page = browser.new_page(viewport={"width": 400, "height": 900})
    page.goto(page_file.as_uri())
    out = page.evaluate(
        """() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
            const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter(text => {
                const own = text.getBoundingClientRect();
                return own.left < box.left - 1 || own.right > box.right + 1;
            }).map(text => text.textContent);
        })"""
    )
    assert out == []
    page.close()
