"""Why an item is not on a shopper's list."""

from typing import Annotated

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.api.lists import RecommendQuery, continued, named
from app.api.schemas import Answer, Id
from app.domain import subjects
from app.domain.accounts import Role
from app.domain.errors import UnknownSession
from app.domain.recommendations import Query
from app.http.access import allow
from app.http.answers import sight_of, success
from app.http.caller import services, who
from app.recommender.why_not import Verdict


class WhyNotQuery(RecommendQuery):
    """The list, and the item that is looked for."""

    item_id: Annotated[Id, Field(description="The item that is looked for.")]


class WhyNotAnswer(Answer):
    """What became of an item."""

    user_id: str | None = None
    session_id: str | None = None
    fresh: bool = Field(description="Whether the caller's own last write already counts.")
    item_id: str
    verdict: Verdict
    text: str = Field(description="The verdict in a sentence.")
    strategy: str = Field(description="What made the list.")
    score: float | None = Field(description="By the list's strategy; 0 for what only fills it up.")
    rank: int | None = Field(
        description="By score among the candidates, before re-ranking; null: it is none of them."
    )
    candidates: int = Field(description="How many items pass the filters and have a score.")
    min_score: float | None = Field(description="As it was asked.")
    place: int | None = Field(
        description="In the whole list, from 1; null: not in it, or not in the first 2,000 places."
    )
    page: int | None = Field(description="Where `place` is: 1 is the page asked for.")
    fallback: bool = Field(description="Whether it only fills the list up.")
    filters: list[str] = Field(description="Each filter that leaves it out.")
    pushed_by: list[str] = Field(
        description="`variants`, or the fewest settings without which it would be here or earlier."
    )
    variant: str | None = Field(description="The item that stands for its group instead.")


bp = APIBlueprint("why_not", __name__, tag="Recommendations")


@bp.get("/recommend/why-not")
@allow(Role.STOREFRONT, Role.ADMIN, errors=(404,))
@bp.input(WhyNotQuery, location="query", arg_name="asked")
@bp.output(WhyNotAnswer)
def why_not(asked: WhyNotQuery) -> Response:
    """Tell why an item is not on a page of `/recommend`, asked in the same words.

    Somebody of whom nothing is known is refused: a wrong id would explain another list.
    """
    shop, subject = services(), who(asked.user_id, asked.session_id)
    sight = sight_of(subject)
    query = asked.to_query(subject, own=sight.own, item_id=None)
    query = continued(shop.cursors, "for_you", query, asked)
    found = shop.why_not.of(query, asked.item_id)
    _check_known(query)
    numbers = found.numbers
    return success(
        **named(subject),
        fresh=sight.fresh,
        item_id=asked.item_id,
        verdict=found.verdict,
        text=found.text,
        strategy=numbers.strategy,
        score=numbers.score,
        rank=numbers.rank,
        candidates=numbers.candidates,
        min_score=query.min_score,
        place=found.place,
        page=found.page,
        fallback=found.fallback,
        filters=found.filters,
        pushed_by=found.pushed_by,
        variant=found.variant,
    )


def _check_known(query: Query) -> None:
    """Raise UnknownUser or UnknownSession where nobody of that id is known."""
    subject = query.subject or ""
    if services().why_not.knows(query):
        return
    session_id = subjects.session_id_of(subject)
    if session_id is not None:
        raise UnknownSession(session_id)
    services().accounts.get(subject)
