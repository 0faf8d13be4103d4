"""The WSGI application: `gunicorn -c gunicorn.conf.py wsgi:app`, or `flask --app wsgi routes`."""

from app.factory import create_app

app = create_app()
