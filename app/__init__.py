"""Shelfwise: real-time recommendations for online shops. The WSGI app: `app.factory`."""
