"""Small register files in the EBA's own shape, and their way through the ordinary door."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from obdirectory.directory.update import publish
from obdirectory.platform.db import Database
from obdirectory.platform.objects import ObjectStore
from obdirectory.registers.collect import CollectRow, collect

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def institution(
    code: str,
    services: dict[str, str] | None = None,
    *,
    kind: str = "PSD_PI",
    name: str | list[str] = "Invented Payments",
    number: str | None = None,
    authorised: str = "2019-01-01",
    **more: Any,
) -> dict[str, Any]:
    """``institution("DE_BAFIN!10125314", {"DE": "070 080"})``."""
    owner = next(part for part in code.split("!") if "_" in part and not part.startswith("PSD_"))
    properties: dict[str, Any] = {
        "ENT_NAT_REF_COD": number or code.rsplit("!", 1)[-1],
        "ENT_NAM": name,
        "ENT_ADD": "Example Street 1",
        "ENT_COU_RES": owner[:2],
        "ENT_AUT": authorised.split(),
    } | more
    return _row(owner, code, kind, properties, services)


def child(
    parent: str, code: str, country: str, services: dict[str, str] | None = None, *, kind: str = "PSD_BR", **more: Any
) -> dict[str, Any]:
    """A branch, or with ``kind="PSD_AG"`` an agent, of a payment institution."""
    properties: dict[str, Any] = {
        "ENT_NAM": "Invented Child",
        "ENT_COU_RES": country,
        "ENT_TYP_PAR_ENT": "PSD_PI",
        "ENT_COD_PAR_ENT": parent,
        "DER_CHI_ENT_AUT": "Active",
    } | more
    return _row(parent.split("!", maxsplit=1)[0], code, kind, properties, services)


def _row(owner: str, code: str, kind: str, properties: dict[str, Any], services: dict[str, str] | None) -> dict[str, Any]:
    row: dict[str, Any] = {"CA_OwnerID": owner, "EntityCode": code, "EntityType": kind}
    row["Properties"] = [{key: value} for key, value in properties.items()]
    if services is not None:
        row["Services"] = [{country: [f"PS_{service}" for service in codes.split()]} for country, codes in services.items()]
    return row | {"__EBA_EntityVersion": "20260824000000000"}


async def take(
    database: Database,
    folder: Path,
    rows: Iterable[dict[str, Any]] | Path,
    *,
    at: datetime,
    source: str = "eu_eba",
    environment: Any = "live",
) -> CollectRow:
    """Collect these rows as the register of that instant."""
    place = folder / f"register-{at:%Y%m%d%H%M}.json"
    if isinstance(rows, Path):
        place = rows
    else:
        place.write_text(json.dumps([[{"__EBA_Disclaimer": {}}], list(rows)]), encoding="utf-8")
    objects = ObjectStore(folder / "objects")
    return await collect(database, objects, source, environment=environment, from_path=place, at=at, now=NOW, publish=publish)
