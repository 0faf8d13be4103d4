"""What a storefront wants left out of a list, or in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filters:
    """What may stand on a shelf. The parts are joined by "and"; empty or None: it does not matter.

    Categories are levels joined by `|`, and hold everything below them.
    """

    in_stock: bool = False
    """True: only what is in stock."""
    any_category: tuple[str, ...] = ()
    all_categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    """Any of them."""
    price_from: float | None = None
    price_to: float | None = None
    """Both ends included; an item without a price is left out where one of them is set."""
    tags: tuple[str, ...] = ()
    """All of them."""
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names, and for each the values of which an item must have one, as `catalogue.written`."""
    exclude: tuple[str, ...] = ()
    """Item ids."""
    bought_days: float | None = None
    """Leave out what the subject bought in so many days; 0: nothing."""
    cart: bool | None = None
    """True: leave out what is in the subject's cart."""
    seen_days: float | None = None
    """Leave out what the subject looked at in so many days."""


NO_FILTERS = Filters()
