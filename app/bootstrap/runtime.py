"""One shop in a process, wired."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from socket import gethostname

from app.bootstrap.flask_process import SnapshotProcess, TrainingProcess
from app.bootstrap.live import Live
from app.bootstrap.repositories import Repositories
from app.bootstrap.secret import find_secret
from app.domain.ratings import RatingScale
from app.learning.library import ModelLibrary
from app.learning.loading import ModelLoader
from app.learning.refitting import ModelRefitting
from app.learning.switching import ModelSwitch
from app.live.feed import Feed
from app.live.freshness import Freshness
from app.live.snapshot_keeper import SnapshotKeeper, SnapshotPolicy
from app.live.snapshots import Snapshots
from app.recommender.cursors import Cursors
from app.recommender.predicted_ratings import PredictedRatings
from app.recommender.profiles import Profiles
from app.recommender.shelves import build_recommendations
from app.recommender.why_not import WhyNot
from app.repositories.erasures import ErasureFile
from app.repositories.models import ModelFiles
from app.repositories.snapshots import SnapshotFiles
from app.services.accounts import Accounts, Passwords
from app.services.catalogue import Catalogue
from app.services.chores import Chores
from app.services.deletions import Deletions
from app.services.erasures import Erasures
from app.services.events import Events
from app.services.gate import Gate
from app.services.health import Health
from app.services.keys import Keys
from app.services.ratings import Ratings
from app.services.records import Records
from app.services.sessions import Sessions
from app.services.settings import Settings as ShopSettingsService
from app.services.streams import Streams
from app.services.tokens import Tickets, Tokens
from app.usecases import Learning, Runtime, UseCases
from config import Settings

_CHORE_SECONDS = 10.0


def build_runtime(
    settings: Settings, repositories: Repositories, *, clock: Callable[[], float] = time.time
) -> Runtime:
    """Return one shop, wired. Loads no data. clock : Unix seconds."""
    now = partial(_now, clock)
    scale = RatingScale(settings.rating_min, settings.rating_max)
    live = Live(repositories, scale, clock=clock)
    feed = Feed(repositories.changes, live.all, live.tables.lock, live.later)
    snapshots = Snapshots(
        SnapshotFiles(settings.data_dir / "snapshot"),
        live.all,
        installation=repositories.store.installation,
        unix_time=clock,
    )
    keeper = _keeper(settings, repositories, snapshots, feed, now)
    listed = ErasureFile(settings.data_dir / "erased.jsonl")
    use_cases = _use_cases(settings, repositories, live, feed, listed=listed, now=now)
    learning = _learning(settings, repositories, live, shop_settings=use_cases.settings, now=now)
    return Runtime(
        use_cases=use_cases,
        scale=scale,
        tables=live.tables,
        preferences=live.preferences,
        projections=live.all,
        contexts=live.contexts,
        habits=live.habits,
        learning=learning,
        feed=feed,
        # one thread of a worker is always left for what memory answers
        gate=Gate(feed.contact, places=max(1, settings.threads - 1)),
        chores=Chores(
            repositories.leases,
            {
                "sweep deletions": _sweep(settings, use_cases.deletions, now),
                "move sessions": use_cases.sessions.finish,
                f"snapshot on {_machine(settings)}": keeper.keep,
                "fit models": learning.refitting.refit,
                f"model copies on {_machine(settings)}": learning.library.tidy,
            },
            seconds=_CHORE_SECONDS,
        ),
        erasures=Erasures(
            listed,
            repositories.erased,
            repositories.subjects,
            repositories.accounts,
            repositories.deletions,
            now=now,
        ),
        snapshots=snapshots,
        snapshot_keeper=keeper,
    )


def _use_cases(
    settings: Settings,
    repositories: Repositories,
    live: Live,
    feed: Feed,
    *,
    listed: ErasureFile,
    now: Callable[[], datetime],
) -> UseCases:
    secret = find_secret(settings)
    recommendations = build_recommendations(live.memory)
    scale = RatingScale(settings.rating_min, settings.rating_max)
    keys = Keys(repositories.keys, live=live.keys, feed=feed, now=now)
    accounts = Accounts(
        repositories.accounts,
        repositories.ratings,
        repositories.events,
        live=live.accounts,
        feed=feed,
        passwords=Passwords(),
        tokens=Tokens(secret, hours=settings.token_hours, now=now),
        now=now,
    )
    sessions = Sessions(repositories.sessions, repositories.events, feed=feed, now=now)
    records = Records(
        repositories.accounts, repositories.ratings, repositories.events, repositories.sessions
    )
    return UseCases(
        accounts=accounts,
        keys=keys,
        rate_limits=repositories.rate_limits,
        catalogue=Catalogue(repositories.items, repositories.deletions, feed=feed, now=now),
        ratings=Ratings(
            repositories.ratings,
            repositories.items,
            repositories.accounts,
            repositories.deletions,
            feed=feed,
            scale=scale,
            now=now,
        ),
        predicted_ratings=PredictedRatings(live.memory),
        events=Events(
            repositories.events,
            repositories.items,
            repositories.accounts,
            repositories.deletions,
            sessions,
            catalogue=live.catalogue,
            settings=live.settings,
            feed=feed,
            now=now,
        ),
        sessions=sessions,
        deletions=Deletions(
            records, repositories.deletions, repositories.erased, listed, feed=feed, now=now
        ),
        records=records,
        profiles=Profiles(live.memory),
        recommendations=recommendations,
        why_not=WhyNot(live.memory, recommendations),
        cursors=Cursors(secret, now=now),
        streams=Streams(feed, accounts=accounts, keys=keys, capacity=settings.streams),
        tickets=Tickets(secret, now=now),
        freshness=Freshness(repositories.store, feed, repositories.ratings, repositories.events),
        settings=ShopSettingsService(repositories.settings, feed=feed),
        health=Health(repositories.store, feed),
    )


def _learning(
    settings: Settings,
    repositories: Repositories,
    live: Live,
    *,
    shop_settings: ShopSettingsService,
    now: Callable[[], datetime],
) -> Learning:
    copies = ModelFiles(settings.data_dir / "models", installation=repositories.store.installation)
    library = ModelLibrary(repositories.models, copies)
    loader = ModelLoader(live.learned, library, wanted=lambda: live.models.wanted)
    live.models.watchers.append(loader.wake)
    return Learning(
        learned=live.learned,
        library=library,
        loader=loader,
        switch=ModelSwitch(library, shop_settings),
        refitting=ModelRefitting(
            library, TrainingProcess(settings), settings=live.settings, now=now
        ),
    )


def _keeper(
    settings: Settings,
    repositories: Repositories,
    snapshots: Snapshots,
    feed: Feed,
    now: Callable[[], datetime],
) -> SnapshotKeeper:
    every = timedelta(minutes=settings.snapshot_minutes)
    return SnapshotKeeper(
        snapshots,
        SnapshotProcess(settings),
        SnapshotPolicy(every, settings.snapshot_from),
        store=repositories.store,
        changes=repositories.changes,
        erased=repositories.erased,
        feed=feed,
        now=now,
    )


def _machine(settings: Settings) -> str:
    # each data directory has a snapshot of its own: machines do not wait for one another
    return f"{gethostname()} {settings.data_dir.resolve()}"


def _sweep(
    settings: Settings, deletions: Deletions, now: Callable[[], datetime]
) -> Callable[[], int]:
    # whatever was under way when a deletion was marked has ended by then
    patience = timedelta(seconds=2 * settings.request_timeout_seconds)
    return lambda: deletions.finish(now() - patience)


def _now(clock: Callable[[], float]) -> datetime:
    # MongoDB keeps milliseconds: what we answer is what is stored
    now = datetime.fromtimestamp(clock(), UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
