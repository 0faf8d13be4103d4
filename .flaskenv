# The commands alone: they load in a fraction of the time of the service. For its routes: flask --app wsgi routes
FLASK_APP=app.cli
