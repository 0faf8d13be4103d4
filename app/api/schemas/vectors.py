"""Vectors of items in requests."""

from typing import Annotated

from pydantic import Field

from app.domain.catalogue import MAX_FEATURE, MAX_FEATURES, MAX_VECTORS, VECTOR_NAME

_Numbers = tuple[Annotated[float, Field(ge=-MAX_FEATURE, le=MAX_FEATURE)], ...]
_Vector = Annotated[_Numbers, Field(min_length=1, max_length=MAX_FEATURES)]
_Name = Annotated[str, Field(pattern=f"^{VECTOR_NAME}$")]
Features = Annotated[
    _Vector,
    Field(
        description="Your own vector; all of a catalogue have one length. Without it the other "
        "columns are encoded."
    ),
]
Vectors = Annotated[
    dict[_Name, _Vector],
    Field(
        max_length=MAX_VECTORS,
        description="Vectors of the item's text, picture and so on, by name; all of one name "
        "have one length. Items are compared by the names that both have.",
    ),
]
VectorChanges = Annotated[
    dict[_Name, _Vector | None],
    Field(
        max_length=2 * MAX_VECTORS,
        description="Named vectors to change; null takes one away, the others stay.",
    ),
]
