"""The shop's services and the tools that only commands use, on one object."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.bootstrap import Shop
from app.data.demo.loading import DemoShop
from app.data.embedding import Embedding, load_text_model
from app.data.exporting import Exports
from app.data.importing.events import EventImport
from app.data.importing.items import ItemImport
from app.data.importing.ratings import RatingImport
from app.learning.library import ModelLibrary
from app.learning.switching import ModelSwitch
from app.learning.training import ModelTraining
from app.live.snapshots import SnapshotMaking, Snapshots
from app.services.accounts import Accounts
from app.services.deletions import Deletions
from app.services.erasures import Erasures
from app.services.keys import Keys
from app.services.settings import Settings as ShopSettings
from config import Settings


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a command may use."""

    settings: Settings
    accounts: Accounts
    deletions: Deletions
    erasures: Erasures
    keys: Keys
    shop_settings: ShopSettings
    rating_import: RatingImport
    item_import: ItemImport
    event_import: EventImport
    exports: Exports
    demo: DemoShop
    embedding: Embedding
    snapshots: Snapshots
    snapshot_making: SnapshotMaking
    models: ModelLibrary
    model_switch: ModelSwitch
    training: ModelTraining


def build_workshop(shop: Shop) -> Workshop:
    """Return the tools over the shop's repositories."""
    repositories, services = shop.repositories, shop.services
    items, ratings, scale = repositories.items, repositories.ratings, services.scale
    writer = services.catalogue
    return Workshop(
        settings=shop.settings,
        accounts=services.accounts,
        deletions=services.deletions,
        erasures=services.erasures,
        keys=services.keys,
        shop_settings=services.settings,
        rating_import=RatingImport(ratings, items, scale, writer),
        item_import=ItemImport(writer),
        event_import=EventImport(services.events, items, services.settings.get, writer),
        exports=Exports(items, ratings, repositories.events),
        demo=DemoShop(writer, items, services.events, services.settings, repositories.markers),
        embedding=Embedding(items, writer, load_text_model),
        snapshots=services.snapshots,
        snapshot_making=SnapshotMaking(
            services.snapshots,
            repositories.changes,
            services.feed,
            unix_time=services.tables.clock,
        ),
        models=services.model_library,
        model_switch=services.model_switch,
        training=_training(shop),
    )


def _training(shop: Shop) -> ModelTraining:
    repositories, services = shop.repositories, shop.services
    return ModelTraining(
        services.tables,
        services.feed,
        services.snapshots,
        repositories.changes,
        library=services.model_library,
        switch=services.model_switch,
        leases=repositories.leases,
        now=lambda: datetime.now(UTC),
    )
