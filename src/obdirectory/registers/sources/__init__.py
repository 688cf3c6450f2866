"""The registers we can read: a description and a reader each. A new register is two files here and a line below."""

from obdirectory.core.errors import InvalidInput
from obdirectory.registers.row import Reader
from obdirectory.registers.source import Source, load_source
from obdirectory.registers.sources import curated, eu_eba, eu_eba_credit

READERS: dict[str, Reader] = {"eu_eba": eu_eba, "eu_eba_credit": eu_eba_credit, "curated": curated}
SOURCES: dict[str, Source] = {source_id: load_source(source_id) for source_id in READERS}


def find_source(source_id: str) -> Source:
    """The register of this id.

    Raises InvalidInput naming those there are.
    """
    try:
        return SOURCES[source_id]
    except KeyError as error:
        raise InvalidInput(f"unknown register {source_id!r}: use one of {', '.join(SOURCES)}") from error
