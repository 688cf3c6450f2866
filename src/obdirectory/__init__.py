"""Open Banking Directory: may this caller use this payment service, in this country, at this instant, and why."""

__version__ = "0.1.0"
