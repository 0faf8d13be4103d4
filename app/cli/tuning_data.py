"""What `flask tune` starts from: the shop's own past, or that of a file."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.cli.context import services, shop
from app.cli.evaluate_options import event_options
from app.cli.progress import progress
from app.domain.models import ModelRecord
from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.offline.evaluation import sources
from app.offline.evaluation.sources import ShopData


def read(
    given: dict[str, Any], scale: RatingScale
) -> tuple[ShopData, ShopSettings, Mapping[str, Mapping[str, Any]]]:
    """Return the data, the settings in force, and parameters of the models in force."""
    path: Path | None = given["file"]
    if path is None:
        if given["catalogue"] is not None:
            raise click.UsageError("--catalogue goes with --file; the database has its own items.")
        workshop, repositories = services(), shop().repositories
        click.echo("Reading the shop's database.", err=True)
        data = sources.of_repositories(
            repositories.events, repositories.ratings, repositories.items
        )
        present = workshop.shop_settings.get()
        records = [record for record in workshop.models.records() if _is_used(record, present)]
        return data, present, {record.kind: record.parameters for record in records}
    present = ShopSettings()
    present = replace(present, weights={**present.weights, **given["declared"]})
    with progress(f"Reading {path.name}") as show:
        data = sources.of_file(
            path,
            given["catalogue"],
            event_options(given),
            settings=present,
            scale=scale,
            progress=show,
        )
    return data, present, {}


def _is_used(record: ModelRecord, present: ShopSettings) -> bool:
    return present.models.get(record.kind) == record.version


def until(data: ShopData, moment: datetime | None) -> ShopData:
    """Return what had happened by a moment (None: all)."""
    if moment is None:
        return data
    known = data.interactions
    return replace(data, interactions=known.where(known.at <= int(moment.timestamp() * 1000)))
