"""The WSGI application, put together."""

import time
from collections.abc import Callable
from typing import Any

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import api, bootstrap, cli
from app.api import docs
from app.bootstrap.logs import configure
from app.http import access, answers, errors, middleware, requests
from config import Settings

VERSION = "0.1.0"


class _App(APIFlask):
    """Flask asks at every hook and wrapper whether it is a coroutine: here none ever is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(
    settings: Settings | None = None, *, clock: Callable[[], float] = time.time
) -> APIFlask:
    """Return the WSGI application. Loads no data, opens no connection, starts no thread.

    clock : Unix seconds; every time that a request tells or stores goes by it.
    """
    settings = settings or Settings()
    configure(settings)
    app = _App(
        __name__,
        title="Shelfwise",
        version=VERSION,
        docs_path=None,
        spec_path="/openapi.json",
        json_errors=False,
        static_folder=None,  # type: ignore[arg-type]  # Flask takes it: no such folder
    )
    app.config.update(_flask_config(settings))
    app.extensions["shelfwise"] = shop = bootstrap.Shop(settings, clock=clock)
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.converters["id"] = middleware.IdConverter
    for part in (requests, answers, errors, docs):
        part.install(app)
    access.allow_origins(app, settings)
    api.register(app)
    cli.register(app)
    app.wsgi_app = middleware.Visits(app.wsgi_app, lambda: shop.runtime.gate)  # type: ignore[method-assign]
    app.wsgi_app = middleware.RawPaths(app.wsgi_app)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        proxies = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    return app


def _flask_config(settings: Settings) -> dict[str, Any]:
    token = settings.metrics_token
    return {
        "MAX_CONTENT_LENGTH": settings.max_body_bytes,
        "ADDRESS_LIMIT": settings.address_limit,
        "LOGIN_LIMIT": settings.login_limit,
        "METRICS_TOKEN": token.get_secret_value() if token else None,
        **docs.OPENAPI,
    }
