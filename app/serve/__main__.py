"""`python -m app.serve`: MongoDB if none is given, the demo shop, gunicorn, their supervisor."""

import signal
import sys
from contextlib import AbstractContextManager, nullcontext

from pydantic import ValidationError

from app.repositories.replica_set import initiate
from app.serve.embedded import EmbeddedMongo, EmbeddedMongoError
from app.serve.embedded.mongod import find_mongod, version_of
from app.serve.machine import CannotServe, say, wait_for_port
from app.serve.supervisor import STOP_SIGNALS, Supervisor
from config import Settings


def main() -> int:
    for sign in STOP_SIGNALS:  # until the supervisor takes over: leave, and tidy up
        signal.signal(sign, signal.default_int_handler)
    try:
        serve(Settings())
    except ValidationError as error:
        problems = (f"{problem['loc']}: {problem['msg']}" for problem in error.errors())
        return fail("a setting is wrong. " + "; ".join(problems))
    except (CannotServe, EmbeddedMongoError) as error:
        return fail(str(error))
    except KeyboardInterrupt:
        say("Stopped before it was up.")
    return 0


def serve(settings: Settings) -> None:
    """Serve until stopped; raise where that is not possible."""
    wait_for_port(settings.host, settings.port)
    with database(settings) as mongo:
        Supervisor(settings, mongo).run()
        say("Stopping.")


def database(settings: Settings) -> AbstractContextManager[EmbeddedMongo | None]:
    """Return the embedded MongoDB, or nothing where MONGO_URI names another one."""
    if settings.mongo_uri is not None and settings.mongo_uri.get_secret_value():
        say("Using the MongoDB of MONGO_URI.")
        return nullcontext()
    version, data_dir = version_of(find_mongod()), settings.data_dir.resolve()
    say(f"Starting MongoDB {version}; its data are in {data_dir}")
    return EmbeddedMongo(data_dir, prepare=initiate)


def fail(why: str) -> int:
    say(f"Shelfwise cannot run: {why}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
