"""The one place where everything is put together, by hand: what each flow needs is an argument, and here it is given."""

from obdirectory.app.application import App, open_app

__all__ = ["App", "open_app"]
