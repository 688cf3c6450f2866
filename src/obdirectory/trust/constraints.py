"""Name constraints of an authority: for which names it may issue.

Clause: IETF RFC 5280 section 4.2.1.10. Kinds of name we do not understand are refused where they are constrained and used.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache

from cryptography import x509

from obdirectory.trust.certificate import Certificate
from obdirectory.trust.signature import UNREADABLE

NAME_CONSTRAINTS = "2.5.29.30"
MAX_SUBTREES, MAX_NAMES = 500, 500


def violated_constraint(authority_der: bytes, certificate: Certificate) -> str:
    """The name in the certificate that the authority may not issue for, in words; empty when there is none."""
    constraints = _constraints(authority_der)
    if constraints is None:
        return ""
    if isinstance(constraints, str):
        return constraints
    names = _names_of(certificate)
    if isinstance(names, str):
        return names
    permitted, excluded = list(constraints.permitted_subtrees or ()), list(constraints.excluded_subtrees or ())
    if len(permitted) + len(excluded) > MAX_SUBTREES or len(names) > MAX_NAMES:
        return "more names or constraints than are looked at"
    for name in names:
        if any(_within(name, tree, excluding=True) for tree in _of_kind(name, excluded)):
            return f"{_words(name)}, which is excluded"
        allowed = list(_of_kind(name, permitted))
        if allowed and not any(_within(name, tree, excluding=False) for tree in allowed):
            return f"{_words(name)}, which is not among the permitted names"
    return ""


@lru_cache(maxsize=1024)
def _constraints(authority_der: bytes) -> x509.NameConstraints | str | None:
    """The extension, None when there is none, or why it cannot be read."""
    if bytes((0x06, 0x03, 0x55, 0x1D, 0x1E)) not in authority_der:  # the extension's object identifier occurs nowhere
        return None
    try:
        return x509.load_der_x509_certificate(authority_der).extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None
    except UNREADABLE:
        return "names under constraints that cannot be read"


def _names_of(certificate: Certificate) -> list[x509.GeneralName] | str:
    """Subject, alternative names and e-mail addresses of the subject: all that constraints speak of."""
    try:
        loaded = x509.load_der_x509_certificate(certificate.der)
        names: list[x509.GeneralName] = [x509.DirectoryName(loaded.subject)] if certificate.subject else []
        names += [x509.RFC822Name(value) for kind, value in certificate.subject if kind == "1.2.840.113549.1.9.1"]
        with suppress(x509.ExtensionNotFound):
            names += loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except UNREADABLE:
        return "names that cannot be read"
    return names


def _of_kind(name: x509.GeneralName, trees: Iterable[x509.GeneralName]) -> Iterator[x509.GeneralName]:
    return (tree for tree in trees if type(tree) is type(name))


def _within(name: x509.GeneralName, tree: x509.GeneralName, *, excluding: bool) -> bool:
    """Is the name in the subtree? Of what cannot be told, the answer is the one that forbids."""
    match name, tree:
        case x509.DNSName(value=host), x509.DNSName(value=base):
            return _host_within(host, base, excluding=excluding)
        case x509.DirectoryName(value=subject), x509.DirectoryName(value=base):
            return _rdns(subject)[: len(base.rdns)] == _rdns(base)
        case x509.RFC822Name(value=address), x509.RFC822Name(value=base):
            _, _, host = address.rpartition("@")
            return address.lower() == base.lower() if "@" in base else _mail_host_within(host, base)
        case x509.UniformResourceIdentifier(value=url), x509.UniformResourceIdentifier(value=base):
            host = url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
            return _mail_host_within(host, base) if host else excluding
        case x509.IPAddress(value=address), x509.IPAddress(value=base):
            if isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address) and isinstance(
                base, ipaddress.IPv4Network | ipaddress.IPv6Network
            ):
                return address in base
            return excluding
        case _:
            return excluding


def _host_within(host: str, base: str, *, excluding: bool) -> bool:
    host, base = host.lower().rstrip("."), base.lower().rstrip(".")
    if base.startswith("."):
        return host.endswith(base)
    if host == base or not base or host.endswith(f".{base}"):
        return True
    # "*.example.com" stands for "www.example.com" too, so it touches whatever of it is excluded.
    return excluding and host.startswith("*.") and base.endswith(host[1:])


def _mail_host_within(host: str, base: str) -> bool:
    host, base = host.lower().rstrip("."), base.lower().rstrip(".")
    return host.endswith(base) if base.startswith(".") else host == base


def _rdns(name: x509.Name) -> list[frozenset[tuple[str, str]]]:
    """Relative names for comparison: without regard to case and the number of blanks."""
    return [frozenset((a.oid.dotted_string, " ".join(str(a.value).casefold().split())) for a in rdn) for rdn in name.rdns]


def _words(name: x509.GeneralName) -> str:
    return name.value.rfc4514_string() if isinstance(name, x509.DirectoryName) else repr(str(getattr(name, "value", name)))
