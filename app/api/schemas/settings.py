"""The shop's settings over HTTP."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.parsing import Input
from app.api.schemas.common import Answer, Weight
from app.domain.settings import Similarity, Strategy


class SettingsBody(Input):
    """Settings to change; what is not named stays."""

    strategy: Strategy = Strategy.HYBRID
    w_user: Weight = 0.6
    w_item: Weight = 0.4
    k: Annotated[int, Field(ge=1, le=1000)] = 50
    similarity: Similarity = Similarity.COSINE
    min_similarity: Annotated[float, Field(ge=0, le=1)] = 0.0

    def changes(self) -> dict[str, Any]:
        """Return what was named."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class SettingsView(BaseModel):
    """The settings in force."""

    model_config = ConfigDict(extra="forbid")

    version: int
    strategy: Strategy
    w_user: float
    w_item: float
    k: int
    similarity: Similarity
    min_similarity: float


class SettingsAnswer(Answer):
    """The settings in force."""

    settings: SettingsView
