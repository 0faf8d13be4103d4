"""The kinds of learned models there are, and how each is fitted and restored."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.domain.models import NotFitted
from app.engine.models.als import Als, AlsParameters, fit_als
from app.engine.models.ease import Ease, EaseParameters, fit_ease
from app.engine.models.model import Learned, Progress
from app.engine.models.neural import Neural
from app.engine.models.neural_fit import NeuralParameters, fit_neural
from app.engine.models.ratings import RatingParameters, Ratings, fit_ratings
from app.engine.models.sequence import Sequence, SequenceParameters, fit_sequence
from app.engine.tables.arrays import Arrays
from app.learning.preferred import Preferred, preferred, rated, taken_up
from app.live.memory import Tables

if TYPE_CHECKING:  # a worker that serves what was fitted does without
    from scipy.sparse import csr_matrix

Model = Learned | Ratings
"""What ranks items, or predicts ratings of them."""
Fit = Callable[..., Model]


@dataclass(frozen=True)
class Kind:
    name: str
    parameters: type[Any]
    """A frozen dataclass, all of whose fields have defaults."""
    fit: Fit
    restore: Callable[[Arrays], Model]
    data: Callable[[Tables], Preferred] = preferred
    """What it is fitted to."""
    lacking: str = "nobody prefers anything"
    """What is the matter where there is no data."""
    in_order: bool = False
    """It is asked with the items whose time is known, oldest first, and with no others."""
    heeds_weights: bool = False
    """Whether how much each item counts now changes its scores."""
    bytes_needed: Callable[[int, Mapping[str, Any]], int] = lambda n_items, parameters: 0
    """How much memory a fit takes at least, by the number of items and all parameters."""

    def fitted(
        self, interactions: "csr_matrix", parameters: Mapping[str, Any], progress: Progress
    ) -> Model:
        """Fit to `data`, shape (n_users, n_items), or raise NotFitted."""
        if not interactions.nnz:
            raise NotFitted(f"{self.name} cannot be fitted: {self.lacking}.")
        try:
            chosen = self.parameters(**parameters)
            return self.fit(interactions, parameters=chosen, progress=progress)
        except (ValueError, ModuleNotFoundError) as error:
            raise NotFitted(f"{self.name} cannot be fitted: {error}.") from error

    def complete(
        self, former: Mapping[str, Any], given: Mapping[str, str]
    ) -> dict[str, int | float | str]:
        """Return all parameters: those given, else the former ones, else the defaults.

        Raises NotFitted for one that there is not, or that is no number.
        """
        defaults = asdict(self.parameters())
        known = {name: value for name, value in former.items() if name in defaults}
        read = {name: self._read(name, text) for name, text in given.items()}
        return defaults | known | read

    def _read(self, name: str, text: str) -> int | float | str:
        defaults = asdict(self.parameters())
        if name not in defaults:
            raise NotFitted(f"{self.name} has no {name!r}. It has {', '.join(defaults)}.")
        wanted = type(defaults[name])
        try:
            read: int | float | str = wanted(text)
        except ValueError as error:
            words = "a whole number" if wanted is int else "a number"
            raise NotFitted(f"{name} must be {words}, not {text!r}.") from error
        return read


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            Ease.kind,
            EaseParameters,
            fit_ease,
            Ease.restore,
            heeds_weights=True,
            bytes_needed=lambda n_items, parameters: 12 * min(n_items, parameters["most"]) ** 2,
        ),
        Kind(Als.kind, AlsParameters, fit_als, Als.restore, heeds_weights=True),
        Kind(Neural.kind, NeuralParameters, fit_neural, Neural.restore),
        Kind(
            Sequence.kind,
            SequenceParameters,
            fit_sequence,
            Sequence.restore,
            data=taken_up,
            lacking="no events say in which order anything was taken up; ratings do not",
            in_order=True,
        ),
        Kind(
            Ratings.kind,
            RatingParameters,
            fit_ratings,
            Ratings.restore,
            data=rated,
            lacking="nobody has rated anything; events are no ratings",
        ),
    )
}


def kind_of(name: str) -> Kind:
    """Return a kind by its name, or raise NotFitted."""
    if name not in KINDS:
        raise NotFitted(f"There is no model {name!r}. There are {', '.join(KINDS)}.")
    return KINDS[name]
