"""The shop's settings: read, change."""

from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.api.schemas import Answer, View, Weight
from app.domain.accounts import Role
from app.domain.catalogue import VECTOR_NAME
from app.domain.settings import Similarity, Strategy
from app.http.access import allow
from app.http.answers import stored, success
from app.http.caller import services
from app.http.parsing import Input

_Kind = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]


class SettingsBody(Input):
    """Settings to change; what is not named stays."""

    strategy: Strategy = Strategy.HYBRID
    w_user: Weight = 0.6
    w_item: Weight = 0.4
    w_co_rated: Weight = 0.0
    w_ease: Weight = 0.0
    w_als: Weight = 0.0
    w_neural: Weight = 0.0
    w_sequence: Weight = 0.0
    auto_strategy: Strategy = Strategy.HYBRID
    w_similar_features: Annotated[float, Field(ge=0, le=1)] = 0.5
    vector_weights: Annotated[
        dict[
            Annotated[str, Field(pattern=f"^{VECTOR_NAME}$")],
            Annotated[float, Field(ge=0, le=1000)] | None,
        ],
        Field(
            description="Weight of each named vector, and of `features`, in the similarity of "
            "items; names not named stay as they are, null takes one back to 1."
        ),
    ] = {}  # noqa: RUF012  # pydantic copies it
    train_hours: Annotated[float, Field(ge=0, le=100_000)] = 24.0
    k: Annotated[int, Field(ge=1, le=1000)] = 50
    similarity: Similarity = Similarity.COSINE
    min_similarity: Annotated[float, Field(ge=0, le=1)] = 0.0
    shrinkage: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    exponent: Annotated[float, Field(gt=0, le=20)] = 1.0
    asymmetry: Annotated[float, Field(ge=0, le=1)] = 0.5
    damping: Annotated[float, Field(ge=0, le=4)] = 0.0
    recency: Annotated[
        float,
        Field(ge=0, le=1, description="How much more the latest items say to `ease` and `als`."),
    ] = 0.0
    co_rarity: Annotated[float, Field(ge=0, le=4)] = 0.5
    co_damping: Annotated[float, Field(ge=0, le=4)] = 0.85
    co_exponent: Annotated[float, Field(gt=0, le=20)] = 1.5
    co_novelty: Annotated[float, Field(ge=0, le=4)] = 0.5
    weights: Annotated[
        dict[_Kind, Annotated[float, Field(ge=-1000, le=1000)] | None],
        Field(
            description="What one event of a kind says. Kinds not named stay as they are; a new "
            "name declares a kind of your own, null takes one back."
        ),
    ] = {}  # noqa: RUF012  # pydantic copies it
    half_life_days: Annotated[float, Field(ge=0.01, le=36_500)] = 90.0
    saturation: Annotated[float, Field(gt=0, le=1e6)] = 5.0
    session_strength: Annotated[float, Field(ge=0, le=100)] = 0.3
    repeat_strength: Annotated[
        float,
        Field(ge=0, le=100, description="Where most of what is bought was bought before: about 4."),
    ] = 0.0
    session_minutes: Annotated[float, Field(gt=0, le=10_000)] = 30.0
    context_strength: Annotated[float, Field(ge=0, le=10)] = 0.3
    timezone: Annotated[str, Field(min_length=1, max_length=64)] = "UTC"
    hide_bought_days: Annotated[float, Field(ge=0, le=36_500)] = 0.0
    min_support: Annotated[int, Field(ge=1, le=1_000_000)] = 3

    def changes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set}


class SettingsView(View):
    """The settings in force."""

    version: int
    strategy: Strategy
    w_user: float
    w_item: float
    w_co_rated: float
    w_ease: float
    w_als: float
    w_neural: float
    w_sequence: float
    auto_strategy: Strategy
    w_similar_features: float
    vector_weights: dict[str, float]
    models: dict[str, int]
    train_hours: float
    tuned: dict[str, Any]
    k: int
    similarity: Similarity
    min_similarity: float
    shrinkage: float
    exponent: float
    asymmetry: float
    damping: float
    recency: float
    co_rarity: float
    co_damping: float
    co_exponent: float
    co_novelty: float
    weights: dict[str, float]
    half_life_days: float
    saturation: float
    session_strength: float
    repeat_strength: float
    session_minutes: float
    context_strength: float
    timezone: str
    hide_bought_days: float
    min_support: int


class SettingsAnswer(Answer):
    """The settings in force."""

    settings: SettingsView


bp = APIBlueprint("settings", __name__, tag="Settings")


@bp.get("/settings")
@allow(Role.ADMIN)
@bp.output(SettingsAnswer)
def get() -> Response:
    """Read the settings in force."""
    return success(settings=services().settings.get())


@bp.patch("/settings")
@allow(Role.ADMIN, errors=(409, 413, 415))
@bp.input(SettingsBody, location="json")
@bp.output(SettingsAnswer)
def patch(json_data: SettingsBody) -> Response:
    """Change some settings and leave the rest. Every worker follows within milliseconds."""
    written = services().settings.change(json_data.changes())
    return stored(written.position, settings=written.value)
