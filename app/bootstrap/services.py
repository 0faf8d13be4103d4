"""One shop's services, wired."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.bootstrap.live import Live
from app.bootstrap.repositories import Repositories
from app.bootstrap.secret import find_secret
from app.domain.ratings import RatingScale
from app.services.accounts import Accounts
from app.services.catalogue import Catalogue
from app.services.chores import Chores
from app.services.feed import Feed
from app.services.freshness import Freshness
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
from app.services.tokens import Tokens
from config import Settings

_CHORE_SECONDS = 10.0


def build_services(settings: Settings, repositories: Repositories) -> Services:
    """Return one shop, wired. Loads no data."""
    live = Live(repositories)
    feed = Feed(repositories.changes, live.all, live.tables.lock)
    scale = RatingScale(settings.rating_min, settings.rating_max)
    return Services(
        scale=scale,
        accounts=Accounts(
            repositories.accounts,
            repositories.ratings,
            repositories.deletions,
            live=live.accounts,
            feed=feed,
            passwords=Passwords(),
            tokens=Tokens(find_secret(settings), hours=settings.token_hours, now=_now),
            now=_now,
        ),
        keys=Keys(repositories.keys, live=live.keys, feed=feed, now=_now),
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
        freshness=Freshness(repositories.store, feed, unix_time=time.time),
        rate_limits=repositories.rate_limits,
        chores=Chores(
            repositories.leases,
            {"sweep deletions": _sweep(settings, repositories)},
            seconds=_CHORE_SECONDS,
        ),
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


def _sweep(settings: Settings, repositories: Repositories) -> Callable[[], int]:
    # whatever was under way when a deletion was marked has ended by then
    patience = timedelta(seconds=2 * settings.request_timeout_seconds)
    return lambda: repositories.deletions.sweep_marked(_now() - patience)


def _now() -> datetime:
    # MongoDB keeps milliseconds: what we answer is what is stored
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
