"""The kinds of learned models there are, and how each is fitted and restored."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scipy.sparse import csr_matrix

from app.domain.models import NotFitted
from app.engine.models.als import Als, AlsParameters, fit_als
from app.engine.models.ease import Ease, EaseParameters, fit_ease
from app.engine.models.model import Learned, Progress
from app.engine.models.neural import Neural
from app.engine.models.neural_fit import NeuralParameters, fit_neural
from app.engine.packing import Arrays

Fit = Callable[..., Learned]


@dataclass(frozen=True)
class Kind:
    """One kind of model."""

    name: str
    parameters: type[Any]
    """A frozen dataclass, all of whose fields have defaults."""
    fit: Fit
    restore: Callable[[Arrays], Learned]
    of_users: tuple[str, ...] = ()
    """The arrays that have a row for each user; where there are none it knows nobody."""
    bytes_needed: Callable[[int], int] = lambda n_items: 0
    """How much memory a fit takes at least, by the number of items."""

    def fitted(
        self, interactions: csr_matrix, parameters: Mapping[str, Any], progress: Progress
    ) -> Learned:
        """Fit to preferences of shape (n_users, n_items), or raise NotFitted."""
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
            bytes_needed=lambda n_items: 12 * n_items**2,
        ),
        Kind(Als.kind, AlsParameters, fit_als, Als.restore),
        Kind(
            Neural.kind,
            NeuralParameters,
            fit_neural,
            Neural.restore,
            of_users=("user_factors", "user_inputs", "known"),
        ),
    )
}


def kind_of(name: str) -> Kind:
    """Return a kind by its name, or raise NotFitted."""
    if name not in KINDS:
        raise NotFitted(f"There is no model {name!r}. There are {', '.join(KINDS)}.")
    return KINDS[name]
