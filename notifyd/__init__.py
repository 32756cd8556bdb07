"""notifyd tells a team about each bug once.

It takes events from any Sentry SDK, keeps one issue per bug, tells programming errors from
connection-type noise, and notifies through Apprise when an issue is new or comes back.

`docs/architecture.md` is the map of this package.
"""
