"""Make-believe registers in the EBA's form, of any size, with every oddity seen in the real one. The same arguments give the same bytes.

Nobody in them exists; agents that are persons carry numbers starting with ZZT, which no authority gives.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, TypeAlias

Entity: TypeAlias = dict[str, Any]

_INITIATION, _INFORMATION, _CARDS = "PS_070", "PS_080", "PS_05A"
_HOSTS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
_WORDS = "Alder Birch Cedar Dogwood Elm Fir Gorse Hazel Ivy Juniper Larch Maple Oak Pine Rowan Spruce Thorn Willow Yew Aspen".split()


@dataclass(frozen=True, slots=True)
class _Kind:
    """One oddity: how an authority writes keys and numbers. ``{n}`` is the firm's place in the register."""

    what: str
    owner: str
    country: str
    code: str
    number: str
    entity_type: str = "PSD_PI"
    dates: tuple[str, ...] = ("2019-03-15",)
    services: tuple[str, ...] = ("PS_03C", _INITIATION, _INFORMATION)
    hosts: int = 0  # how many host states are listed
    names: tuple[str, ...] = ("{name}",)
    twin: str = ""  # a second row of this type under the same code
    branch: str = ""  # a branch in this country
    agents: bool = False


_KINDS = (
    _Kind("plain", "IE_CBI", "IE", "IE_CBI!C{n5}", "C{n5}", hosts=29, agents=True),
    _Kind("trailing blank", "LT_BL", "LT", "LT_BL!LB{n6}", "LB{n6} ", hosts=29, services=("ES_010", _INITIATION), entity_type="PSD_EMI"),
    _Kind("key with underscores", "LT_BL", "LT", "LT_LT_BL_27{n7}", "27{n7}"),
    _Kind("inner blank", "MT_MFSA", "MT", "MT_MFSA!C{n6}", "C {n6}", hosts=4),
    _Kind("hyphen in number and authority", "FI_FIN-FSA", "FI", "FI_FIN-FSA!3{n6}9", "3{n6}-9"),
    _Kind("leading zeros", "CZ_CNB", "CZ", "CZ_CNB!0{n7}", "0{n7}", dates=("2017-05-30", "2019-07-12", "2024-07-12")),
    _Kind("branch with its own code", "BE_NBB", "BE", "BE_NBB!07{n8}", "07{n8}", services=("PS_03C", "PS_060"), hosts=3, branch="ES"),
    _Kind("type in the key, branch under the same code", "PT_BP", "PT", "PSD_PI!PT_BP!{n4}", "{n4}", services=("PS_03C",), branch="ES"),
    _Kind("agents pad its number", "ES_BE", "ES", "ES_BE!{n4}", "{n4}", hosts=2, agents=True),
    _Kind("key is not the company number", "FR_ACPR", "FR", "FR_ACPR!1{n5}", "9{n8}", hosts=29, agents=True),
    _Kind("institute number in the key", "SE_FINA", "SE", "SE_FINA!4{n4}", "559{n3}-{n4}", "PSD_AISP", services=(_INFORMATION,)),
    _Kind("10 before the number", "DE_BAFIN", "DE", "DE_BAFIN!101{n5}", "101{n5}", hosts=29, services=(_CARDS, _INITIATION, _INFORMATION)),
    _Kind("two alphabets", "BG_BNB", "BG", "BG_BNB!20{n7}", "20{n7}", names=("фирма {n}", "{name}")),
    _Kind("authority with two codes", "LV_LV", "LV", "LV_LV!4{n10}", "4{n10}"),
    _Kind("changed its type", "NL_DNB", "NL", "NL_DNB!F{n4}", "F{n4}", dates=("2019-02-19", "2025-02-03"), hosts=5, twin="PSD_EMI"),
    _Kind("withdrawn, still listed abroad", "IT_BI", "IT", "IT_BI!36{n3}", "36{n3}", dates=("2016-01-11", "2023-08-27"), hosts=29),
    _Kind("withdrawn twice", "CY_CBC", "CY", "CY_CBC!11{n4}", "11{n4}", dates=("2011-01-03", "2013-01-03", "2015-01-05", "2020-01-07")),
    _Kind("exempted, lists what it cannot have", "PL_PFSA", "PL", "PL_PFSA!IP{n}_2014", "IP{n}/2014", entity_type="PSD_EPI"),
    _Kind("small e-money", "DK_DFSA", "DK", "DK_DFSA!27{n4}", "27{n4}", entity_type="PSD_EEMI", services=("ES_010",)),
    _Kind("under national law", "SK_NBS", "SK", "SK_NBS!{n8}", "{n8}", entity_type="PSD_ENL", services=("PS_03C",)),
    _Kind("excluded", "AT_FMA", "AT", "AT_FMA!39{n4}", "39{n4}", entity_type="PSD_EXC", services=()),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MakeBelieveRegister:
    """``firms`` institutions (branches and twins come on top) and ``agents`` agents."""

    firms: int = 42
    agents: int = 60

    def entities(self) -> Iterator[Entity]:
        """Every row, institutions first."""
        principals: list[tuple[Entity, _Kind, int]] = []
        for place in range(self.firms):
            kind = _KINDS[place % len(_KINDS)]
            rows = list(_firm(kind, place + 1))
            yield from rows
            if kind.agents:
                principals.append((rows[0], kind, place + 1))
        for place in range(self.agents if principals else 0):
            yield _agent(*principals[place % len(principals)], place + 1)


def golden_copy(entities: Iterable[Entity], *, extra_block: bool = False) -> bytes:
    """The file's JSON: a disclaimer, the entities and, on demand, a block nobody knows yet."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    rows = ",\n".join(encode(entity) for entity in entities)
    disclaimer = encode([{"__EBA_Disclaimer": {"text": "Make-believe data; every firm is invented."}}])
    extra = ',[{"__EBA_Statistics":{"note":"a block added some day"}}]' if extra_block else ""
    return f"[{disclaimer},[{rows}]{extra}]\n".encode()


def published(content: bytes, published_at: datetime) -> dict[str, bytes]:
    """File name -> bytes, as the register is published: the zip with its digest, and ``filemetadata.json``."""
    stamp = published_at.astimezone(UTC).strftime("%Y%m%d%H%M")
    name = f"download-PSDMD-{stamp}"
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, inside in (
            (f"{name}.json", content),
            (f"{name}.json.sha256", f"{hashlib.sha256(content).hexdigest()}  {name}.json\n".encode()),
        ):
            entry = zipfile.ZipInfo(member, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, inside)
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    metadata = {
        "latest_version_relative_zip_path": f"{stamp[:8]}/{name}.zip",
        "latest_version_relative_zip_size": str(len(packed.getvalue())),
        "latest_version_relative_sha256_path": f"{stamp[:8]}/{name}.zip.sha256",
        "sha256_hash": digest,
        "timestamp": published_at.astimezone(UTC).strftime("%a %b %d %H:%M:%S UTC %Y"),
        "golden_copy_path_context": "https://register.sandbox.example/downloads/",
    }
    return {
        f"{name}.zip": packed.getvalue(),
        f"{name}.zip.sha256": f"{digest}\n".encode(),
        "filemetadata.json": json.dumps(metadata, indent=1).encode(),
    }


def _firm(kind: _Kind, n: int) -> Iterator[Entity]:
    code = _filled(kind.code, n)
    names = [_filled(name, n) for name in kind.names]
    properties = [
        {"ENT_NAT_REF_COD": _filled(kind.number, n)},
        {"ENT_NAM": names[0] if len(names) == 1 else names},
        *_address(kind.country, n),
        {"ENT_AUT": list(kind.dates)},
    ]
    if kind.entity_type == "PSD_EXC":
        properties += [{"ENT_EXC": "EXCL_101"}, {"ENT_DES_ACT_EXC_SCP": "Gift cards of one shopping centre."}]
    hosts = [host for host in _HOSTS if host != kind.country][: kind.hosts]
    listed = kind.services[0] if len(kind.services) == 1 else list(kind.services)
    services = [{country: listed} for country in sorted([kind.country, *hosts])] if kind.services else None
    yield _entity(kind.owner, code, kind.entity_type, properties, services, n)
    if kind.twin:
        twin = [{**one, "ENT_AUT": [kind.dates[-1]]} if "ENT_AUT" in one else one for one in properties]
        yield _entity(kind.owner, code, kind.twin, twin, [{kind.country: [_INITIATION, _INFORMATION]}, {"ES": _INFORMATION}], n)
    if kind.branch:
        own = code if kind.owner == "PT_BP" else f"{code}!{kind.branch}"
        child = [
            *([] if n % 2 else [{"ENT_NAM": names[0]}]),
            {"ENT_COU_RES": kind.branch},
            {"ENT_TYP_PAR_ENT": kind.entity_type},
            {"ENT_COD_PAR_ENT": code},
            {"DER_CHI_ENT_AUT": "Active"},
        ]
        yield _entity(kind.owner, own, "PSD_BR", child, [{kind.branch: ["PS_03C", _INITIATION, _INFORMATION]}], n)


def _agent(principal: Entity, kind: _Kind, principal_n: int, n: int) -> Entity:
    number = f"ZZT{n:08d}" if n % 2 else f"{kind.country}{100_000_000 + n}"
    tail = principal["EntityCode"].rsplit("!", 1)[-1]
    if kind.owner == "ES_BE":
        code = f"ES_BE!{int(tail):06d}!{number}"
    elif kind.owner == "FR_ACPR":
        code = f"{principal['EntityType']}!FR_ACPR!{tail}!{n}"
    else:
        code = f"{kind.owner}!{tail}!{number}"
    properties = [
        {"ENT_NAT_REF_COD": number},
        {"ENT_NAM": f"{_WORDS[n % 20].upper()}, {_WORDS[n // 20 % 20].upper()}" if n % 2 else f"{_WORDS[n % 20]} {n}"},
        *_address(kind.country, n),
        {"ENT_TYP_PAR_ENT": principal["EntityType"]},
        {"ENT_COD_PAR_ENT": principal["EntityCode"]},
        {"DER_CHI_ENT_AUT": "Inactive" if n % 3 == 0 else "Active"},
    ]
    return _entity(kind.owner, code, "PSD_AG", properties, None, n)


def _entity(owner: str, code: str, entity_type: str, properties: list[Entity], services: list[Entity] | None, n: int) -> Entity:
    return {
        "CA_OwnerID": owner,
        "EntityCode": code,
        "EntityType": entity_type,
        "Properties": properties,
        **({"Services": services} if services is not None else {}),
        "__EBA_EntityVersion": f"202601{1 + n % 28:02d}{n % 24:02d}0000{n % 1000:03d}",
    }


def _address(country: str, n: int) -> list[Entity]:
    line: Any = [f"Rua do Exemplo {n}", "Floor 2"] if n % 60 == 0 else f"Rua do Exemplo {n}"
    return [{"ENT_ADD": line}, {"ENT_TOW_CIT_RES": _WORDS[n % 20]}, {"ENT_POS_COD": f"{10_000 + n % 90_000}"}, {"ENT_COU_RES": country}]


def _filled(text: str, n: int) -> str:
    for width in (10, 8, 7, 6, 5, 4, 3):
        text = text.replace(f"{{n{width}}}", f"{n:0{width}d}")
    return text.replace("{n}", str(n)).replace("{name}", f"{_WORDS[n % 20]} {_WORDS[n // 20 % 20]} Payments {n}")
