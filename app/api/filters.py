"""What may stand on a shelf, as queries and bodies say it."""

from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

from app.api.catalogue import AttributeName, AttributeValue
from app.api.schemas import Flag, Id, Text
from app.domain.catalogue import MAX_ATTRIBUTE, MAX_PRICE, MAX_TAG, MAX_TEXT, written
from app.domain.errors import InvalidInput
from app.domain.filters import NO_FILTERS, Filters
from app.domain.ids import is_text
from app.http.parsing import Input

MAX_VALUES = 50
"""Of one filter."""
MAX_EXCLUDED = 200
"""Item ids in an address."""
MAX_EXCLUDED_IN_BODY = 1000
MAX_DAYS = 3650
_BETWEEN = ":"
_PAIR = r"^[^:\x00]+:[^\x00]*$"


class _OneOrMore:
    """Lets a list of one be written without the list."""

    def __get_pydantic_core_schema__(self, of: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(self._to_tuple, handler(of))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        array = handler(schema)
        return {"anyOf": [array["items"], array]}

    @staticmethod
    def _to_tuple(value: Any) -> Any:
        if isinstance(value, str | int | float):
            return (value,)
        return tuple(value) if isinstance(value, list) else value  # what strict reading takes


def _pair(text: str) -> str:
    name, between, _ = text.partition(_BETWEEN)
    if not name or not between or not is_text(text):
        raise ValueError(f"must be name{_BETWEEN}value, Unicode text without NUL")
    return text


Labels = Annotated[
    tuple[Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)], ...],
    Field(max_length=MAX_VALUES),
    _OneOrMore(),
]
Tags = Annotated[
    tuple[Annotated[Text, Field(min_length=1, max_length=MAX_TAG)], ...],
    Field(max_length=MAX_VALUES),
    _OneOrMore(),
]
Pairs = Annotated[
    tuple[
        Annotated[
            str,
            AfterValidator(_pair),
            Field(max_length=2 * MAX_ATTRIBUTE + 1, json_schema_extra={"pattern": _PAIR}),
        ],
        ...,
    ],
    Field(max_length=MAX_VALUES),
    _OneOrMore(),
]
Values = Annotated[
    tuple[AttributeValue, ...], Field(min_length=1, max_length=MAX_VALUES), _OneOrMore()
]
Price = Annotated[float | None, Field(ge=0, le=MAX_PRICE)]
Days = Annotated[float | None, Field(ge=0, le=MAX_DAYS)]


class FilterOptions(Input):
    """What is left out before the best are chosen. Filters are joined by "and"."""

    repeatable: ClassVar[frozenset[str]] = frozenset(
        ("category", "category_all", "brand", "tag", "attribute", "exclude")
    )

    in_stock: Annotated[Flag, Field(description="1: only what is in stock.")] = False
    category: Annotated[
        Labels, Field(description="Levels joined by `|`, and all below; several: in any of them.")
    ] = ()
    category_all: Annotated[Labels, Field(description="In all of them.")] = ()
    brand: Annotated[Labels, Field(description="Of any of them.")] = ()
    price_from: Annotated[Price, Field(description="Not what has no price either.")] = None
    price_to: Price = None
    tag: Annotated[Tags, Field(description="With all of them.")] = ()
    attribute: Annotated[
        Pairs, Field(description="`name:value`; several of one name: any of the values.")
    ] = ()
    exclude: Annotated[
        tuple[Id, ...], Field(max_length=MAX_EXCLUDED, description="Item ids."), _OneOrMore()
    ] = ()
    exclude_bought_days: Annotated[
        Days, Field(description="Not what was bought in so many days; 0: it does not matter.")
    ] = None
    exclude_cart: Annotated[
        Flag | None, Field(description="1: not what is in the shopper's cart.")
    ] = None
    exclude_seen_days: Annotated[
        Days, Field(description="Not what was looked at in so many days.")
    ] = None

    def to_filters(self) -> Filters:
        """Return the domain's filters, or raise InvalidInput."""
        if self.model_fields_set.isdisjoint(_fields(type(self))):
            return NO_FILTERS
        low, high = self.price_from, self.price_to
        if low is not None and high is not None and low > high:
            raise InvalidInput("price_from", "is above price_to")
        return Filters(
            in_stock=self.in_stock,
            any_category=self.category,
            all_categories=self.category_all,
            brands=self.brand,
            price_from=low,
            price_to=high,
            tags=self.tag,
            attributes=tuple(self._attributes().items()),
            exclude=self.exclude,
            bought_days=self.exclude_bought_days,
            cart=self.exclude_cart,
            seen_days=self.exclude_seen_days,
        )

    def _attributes(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for pair in self.attribute:
            name, _, value = pair.partition(_BETWEEN)
            found[name] = (*found.get(name, ()), value)
        return found


@cache
def _fields(model: type[FilterOptions]) -> frozenset[str]:
    own = FilterBody if issubclass(model, FilterBody) else FilterOptions
    return frozenset(own.model_fields)


class FilterBody(FilterOptions):
    """The same in a body, which has room for more."""

    exclude: Annotated[
        tuple[Id, ...],
        Field(max_length=MAX_EXCLUDED_IN_BODY, description="Item ids."),
        _OneOrMore(),
    ] = ()
    attributes: Annotated[
        dict[AttributeName, Values],
        Field(
            max_length=MAX_VALUES,
            description="Values by name, of each any; as `attribute`, also for names with a `:`.",
        ),
    ] = {}  # noqa: RUF012  # pydantic copies it

    def _attributes(self) -> dict[str, tuple[str, ...]]:
        found = super()._attributes()
        for name, values in self.attributes.items():
            found[name] = (*found.get(name, ()), *map(written, values))
        return found
