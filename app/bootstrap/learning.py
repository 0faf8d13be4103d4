"""Everything around learned models, wired."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.bootstrap.live import Live
from app.bootstrap.repositories import Repositories
from app.bootstrap.training_process import TrainingProcess
from app.learning.library import ModelLibrary
from app.learning.loading import ModelLoader
from app.learning.refitting import ModelRefitting
from app.learning.switching import ModelSwitch
from app.repositories.model_files import ModelFiles
from app.services.settings import Settings as ShopSettingsService
from config import Settings


@dataclass(frozen=True, slots=True)
class Learning:
    """What a shop has for its learned models."""

    library: ModelLibrary
    loader: ModelLoader
    switch: ModelSwitch
    refitting: ModelRefitting


def build_learning(
    settings: Settings,
    repositories: Repositories,
    live: Live,
    *,
    shop_settings: ShopSettingsService,
    now: Callable[[], datetime],
) -> Learning:
    """Return it, for one process. Loads no model."""
    copies = ModelFiles(settings.data_dir / "models", installation=repositories.store.installation)
    library = ModelLibrary(repositories.models, copies)
    loader = ModelLoader(live.learned, library, wanted=lambda: live.models.wanted)
    live.models.watchers.append(loader.wake)
    return Learning(
        library=library,
        loader=loader,
        switch=ModelSwitch(library, shop_settings),
        refitting=ModelRefitting(
            library, TrainingProcess(settings), settings=lambda: live.settings.current, now=now
        ),
    )
