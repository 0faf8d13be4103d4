"""One shop's services, wired."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from socket import gethostname

from app.bootstrap.live import Live
from app.bootstrap.repositories import Repositories
from app.bootstrap.secret import find_secret
from app.bootstrap.snapshot_process import SnapshotProcess
from app.domain.ratings import RatingScale
from app.repositories.snapshot_files import SnapshotFiles
from app.services.accounts import Accounts
from app.services.catalogue import Catalogue
from app.services.chores import Chores
from app.services.feed import Feed
from app.services.freshness import Freshness
from app.services.gate import Gate
from app.services.health import Health
from app.services.keys import Keys
from app.services.passwords import Passwords
from app.services.ratings import Ratings
from app.services.recommendations import Recommendations
from app.services.services import Services
from app.services.settings import Settings as ShopSettingsService
from app.services.shelves.for_you import for_you_shelf
from app.services.shelves.popular import popular_shelf
from app.services.shelves.similar import similar_shelf
from app.services.snapshot_keeper import SnapshotKeeper, SnapshotPolicy
from app.services.snapshots import Snapshots
from app.services.streams import Streams
from app.services.tickets import Tickets
from app.services.tokens import Tokens
from config import Settings

_CHORE_SECONDS = 10.0


def build_services(settings: Settings, repositories: Repositories) -> Services:
    """Return one shop, wired. Loads no data."""
    live = Live(repositories)
    feed = Feed(repositories.changes, live.all, live.tables.lock)
    # one thread of a worker is always left for what memory answers
    gate = Gate(feed.contact, places=max(1, settings.threads - 1))
    snapshots = Snapshots(
        SnapshotFiles(settings.data_dir / "snapshot"),
        live.all,
        installation=repositories.store.installation,
    )
    keeper = _keeper(settings, repositories, snapshots, feed)
    scale = RatingScale(settings.rating_min, settings.rating_max)
    secret = find_secret(settings)
    accounts = Accounts(
        repositories.accounts,
        repositories.ratings,
        repositories.deletions,
        live=live.accounts,
        feed=feed,
        passwords=Passwords(),
        tokens=Tokens(secret, hours=settings.token_hours, now=_now),
        now=_now,
    )
    keys = Keys(repositories.keys, live=live.keys, feed=feed, now=_now)
    return Services(
        scale=scale,
        accounts=accounts,
        keys=keys,
        catalogue=Catalogue(
            repositories.items,
            repositories.deletions,
            feed=feed,
            now=_now,
        ),
        ratings=Ratings(
            repositories.ratings,
            repositories.items,
            repositories.accounts,
            repositories.deletions,
            feed=feed,
            scale=scale,
            now=_now,
        ),
        recommendations=_recommendations(live, scale),
        settings=ShopSettingsService(repositories.settings, feed=feed),
        health=Health(repositories.store, feed),
        feed=feed,
        freshness=Freshness(repositories.store, feed, repositories.ratings),
        gate=gate,
        rate_limits=repositories.rate_limits,
        chores=Chores(
            repositories.leases,
            {
                "sweep deletions": _sweep(settings, repositories),
                f"snapshot on {_machine(settings)}": keeper.keep,
            },
            seconds=_CHORE_SECONDS,
        ),
        streams=Streams(feed, accounts=accounts, keys=keys, capacity=settings.streams),
        tickets=Tickets(secret, now=_now),
        snapshots=snapshots,
        snapshot_keeper=keeper,
        tables=live.tables,
        projections=live.all,
    )


def _recommendations(live: Live, scale: RatingScale) -> Recommendations:
    tables, catalogue = live.tables, live.catalogue
    shelves = {
        "for_you": for_you_shelf(tables, catalogue, scale),
        "popular": popular_shelf(tables, catalogue, scale),
        "similar": similar_shelf(tables, catalogue),
    }
    return Recommendations(shelves, catalogue=catalogue, settings=lambda: live.settings.current)


def _keeper(
    settings: Settings,
    repositories: Repositories,
    snapshots: Snapshots,
    feed: Feed,
) -> SnapshotKeeper:
    every = timedelta(minutes=settings.snapshot_minutes)
    return SnapshotKeeper(
        snapshots,
        SnapshotProcess(settings),
        SnapshotPolicy(every, settings.snapshot_from),
        store=repositories.store,
        changes=repositories.changes,
        deletions=repositories.deletions,
        feed=feed,
        now=_now,
    )


def _machine(settings: Settings) -> str:
    # each data directory has a snapshot of its own: machines do not wait for one another
    return f"{gethostname()} {settings.data_dir.resolve()}"


def _sweep(settings: Settings, repositories: Repositories) -> Callable[[], int]:
    # whatever was under way when a deletion was marked has ended by then
    patience = timedelta(seconds=2 * settings.request_timeout_seconds)
    return lambda: repositories.deletions.sweep_marked(_now() - patience)


def _now() -> datetime:
    # MongoDB keeps milliseconds: what we answer is what is stored
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
