"""flask users: open and remove accounts."""

import click
from flask.cli import AppGroup

from app.cli.context import explained, services

users = AppGroup("users", help="Open and remove shoppers' accounts.")


@users.command()
@click.argument("user_id")
@click.password_option(help="Asked for if not given.")
def create(user_id: str, password: str) -> None:
    """Open an account, also for an id that has ratings already (after an import)."""
    with explained():
        services().accounts.register(user_id, password, trusted=True)
    click.echo(f"{user_id} can log in now.")


@users.command()
@click.argument("user_id")
@click.confirmation_option(prompt="Remove the shopper, with all that was rated and done?")
def delete(user_id: str) -> None:
    """Remove a shopper's account, ratings, events and sessions."""
    with explained():
        removed = services().deletions.delete_user(user_id).value
    swept = removed.swept
    account = "the account" if removed.account else "no account"
    click.echo(
        f"Removed {user_id}: {account}, {swept.ratings} ratings, {swept.events} events, "
        f"{swept.sessions} sessions."
    )
