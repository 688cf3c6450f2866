"""A whole small world in memory with real certificates: one issuer, one list, one CRL, a register of a few firms."""

from bench._world import NOW, BenchWorld, make_world

__all__ = ["NOW", "BenchWorld", "made"]


def made(certificates: int = 3) -> BenchWorld:
    """A world of ten firms, P-256 throughout."""
    return make_world(firms=10, certificates=certificates, key="p256")
