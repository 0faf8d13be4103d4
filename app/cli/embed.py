"""flask embed: vectors of the items' texts."""

import click
from flask.cli import with_appcontext

from app.cli.context import explained, opened
from app.cli.output import progress


@click.command()
@click.option("--name", default="text", show_default=True, help="Name of the vectors.")
@click.option("--all", "everything", is_flag=True, help="Write every vector anew.")
@click.option("--missing", is_flag=True, help="Leave alone what has a vector of the name.")
@click.option("--remove", is_flag=True, help="Take the vectors of the name away instead.")
@with_appcontext
def embed(name: str, everything: bool, missing: bool, remove: bool) -> None:
    """Give every item a vector of its title, category and description.

    By itself it writes those that are missing, and those that differ from what
    the text gives now. It does not run by itself: run it again after items have
    come or changed. A running service takes the vectors in at once. The name
    should be free of vectors that you made otherwise: they would be replaced.
    Needs a package more: pip install -r requirements-text.txt

    \b
    Examples:
      flask embed
      flask embed --missing
      flask embed --remove
    """
    from app.data.embedding import Embedding, Which, load_text_model

    if everything + missing + remove > 1:
        raise click.UsageError("Only one of --all, --missing and --remove.")
    with explained(), progress("Embedding items") as show:
        shop = opened()
        embedding = Embedding(shop.repositories.items, shop.services.catalogue, load_text_model)
        if remove:
            click.echo(f"Removed {embedding.remove(name, show):,} vectors {name!r}.")
            return
        which = Which.ALL if everything else Which.MISSING if missing else Which.CHANGED
        report = embedding.embed(name, which, show)
    click.echo(
        f"Stored {report.stored:,} vectors {name!r} of {report.items:,} items in "
        f"{report.seconds:.1f} s; {report.without_text:,} have no text."
    )
