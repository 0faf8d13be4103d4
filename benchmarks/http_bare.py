"""What /recommend is compared with: Flask alone, answering the very same ten items.

BODY names a file that holds the JSON. `/jsonify` renders it anew for each request, as Flask does
by default (json of the standard library); `/bytes` sends what orjson made once, which is the
least a Flask route can do.
"""

import json
import os
from pathlib import Path

import orjson
from flask import Flask, Response, jsonify

_BODY = json.loads(Path(os.environ["BODY"]).read_bytes())
_BYTES = orjson.dumps(_BODY)

app = Flask(__name__)


@app.get("/jsonify")
def by_jsonify() -> Response:
    """Render the answer."""
    return jsonify(_BODY)


@app.get("/bytes")
def by_bytes() -> Response:
    """Send the answer."""
    return Response(_BYTES, mimetype="application/json")
