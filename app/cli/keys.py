"""flask keys: make, list and revoke API keys."""

import click
from flask.cli import AppGroup

from app.cli.context import explained, services
from app.domain.accounts import KEY_ROLES, Role

keys = AppGroup("keys", help="Make, list and revoke API keys.")


@keys.command()
@click.option("--role", type=click.Choice([role.value for role in KEY_ROLES]), required=True)
@click.option("--label", default="", help="A note for yourself, shown by `list`.")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    help="Origin that may use the key, e.g. https://shop.example; needed for browser keys; "
    "may be repeated.",
)
def create(role: str, label: str, origins: tuple[str, ...]) -> None:
    """Make a key and print it. It is shown this once: only its hash is stored.

    \b
    storefront  the shop's server: acts for any shopper or session
    browser     public, bound to origins: shelves and events, for anonymous sessions
    admin       changes the catalogue and the settings

    Example: flask keys create --role storefront --label "web shop"
    """
    with explained():
        key, secret = services().keys.create(Role(role), label=label, origins=origins)
    click.echo(f"id    {key.key_id}", err=True)
    click.echo(f"role  {key.role}", err=True)
    click.echo("The key, shown this once (send it as X-API-Key):", err=True)
    click.echo(secret)


@keys.command("list")
def list_() -> None:
    """List every key: id, role, when it was made, label, origins."""
    with explained():
        found = services().keys.list()
    if not found:
        click.echo("No keys yet. Make one with: flask keys create --role storefront", err=True)
    for key in found:
        made = f"{key.created_at:%Y-%m-%d %H:%M}"
        origins = " ".join(key.origins)
        click.echo(f"{key.key_id}  {key.role.value:<10}  {made}  {key.label}  {origins}".rstrip())


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """End a key. Every worker of a running service refuses it within a second."""
    with explained():
        services().keys.revoke(key_id)
    click.echo(f"Key {key_id} is revoked.")
