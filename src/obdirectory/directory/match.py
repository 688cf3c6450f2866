"""Which firm a certificate means: the number it carries, compared inside the authority it names and never anywhere else."""

from obdirectory.core.authorisation_number import normalised
from obdirectory.core.nca import NcaId
from obdirectory.directory.index import DirectoryIndex, Firm, Match, MatchedBy
from obdirectory.directory.lookup import numeric_keys

NO_MATCH = Match(())
_LIKE_ENOUGH = 0.45


def find(index: DirectoryIndex, nca_id: NcaId, number: str) -> Match:
    """The firm this number means under this authority: as written, else recorded by a person, else normalised, else by its digits.

    The first of these that hits anything decides; when it hits several legal entities all are returned, and nobody may choose among them.
    Clause: our reading; ETSI TS 119 495 leaves the number's form to the authority.
    """
    authority = str(nca_id)
    if ids := index.exact.get((authority, number)):
        return _match(index, ids, "exact")
    key = normalised(number)
    if not key:
        return NO_MATCH
    if ids := index.by_alias.get((authority, key)):
        return _match(index, ids, "alias")
    if ids := index.by_normalised.get((authority, key)):
        return _match(index, ids, "normalised")
    for digits in numeric_keys(authority, number):
        if ids := index.by_numeric.get((authority, digits)):
            return _match(index, ids, "normalised")
    return NO_MATCH


def find_by_company_number(index: DirectoryIndex, nca_id: NcaId, number: str) -> Match:
    """The firm with this company number among those of the authority: for certificates that carry NTR, VAT or a national scheme."""
    ids = index.by_company_number.get((str(nca_id), normalised(number)), ())
    return _match(index, ids, "company_number") if ids else NO_MATCH


def find_by_lei(index: DirectoryIndex, nca_id: NcaId, lei: str) -> Match:
    """The firm with this LEI among those of the authority; another authority's firm of the same LEI is no match."""
    firms = tuple(
        firm for entity_id in index.by_lei.get(lei.strip().upper(), ()) if _is_supervised_by(firm := index.firms[entity_id], nca_id)
    )
    return Match(firms, "lei") if firms else NO_MATCH


def suggestions(index: DirectoryIndex, nca_id: NcaId, name: str, *, most: int = 3) -> tuple[str, ...]:
    """Names like this one under the authority, for a person to look at. A name never matches by itself.

    It reads every firm: for pages and cases, not for the check.
    """
    wanted = _trigrams(name)
    if not wanted:
        return ()
    scored = [(_likeness(wanted, _trigrams(firm.name)), firm.name) for firm in index.firms.values() if _is_supervised_by(firm, nca_id)]
    return tuple(found for score, found in sorted(scored, key=lambda pair: (-pair[0], pair[1])) if score >= _LIKE_ENOUGH)[:most]


def _match(index: DirectoryIndex, ids: tuple[str, ...], matched_by: MatchedBy) -> Match:
    firms = index.firms
    return Match((firms[ids[0]],) if len(ids) == 1 else tuple(firms[entity_id] for entity_id in sorted(ids)), matched_by)


def _is_supervised_by(firm: Firm, nca_id: NcaId) -> bool:
    return any(authorisation.authority == nca_id for authorisation in firm.authorisations)


def _trigrams(name: str) -> frozenset[str]:
    padded = f"  {' '.join(name.casefold().split())} "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2)) if padded.strip() else frozenset()


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)
