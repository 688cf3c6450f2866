"""A verdict as people read it: the sentence, the path to where it was decided, the tree of findings. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from obdirectory.check.verdict import Verdict
from obdirectory.core.finding import REQUIREMENTS, Finding, Group, Requirement
from obdirectory.core.payment_services import ROLE_NEEDED
from obdirectory.web.pages import words

Meaning: TypeAlias = Literal["permitted", "refused", "undetermined", "warning", "info", "neutral"]

_GRAVEST_FIRST: tuple[Meaning, ...] = ("refused", "undetermined", "warning", "info", "permitted", "neutral")
_OF_CONSEQUENCE: dict[str, tuple[Meaning, str]] = {
    "refuse": ("refused", "not met"),
    "gap": ("undetermined", "cannot be told"),
    "warn": ("warning", "to note"),
    "info": ("info", "worth knowing"),
}
GROUP_TITLES: dict[Group, str] = {
    "certificate": "Certificate",
    "profile": "Certificate profile",
    "issuer": "Issuer and trusted list",
    "revocation": "Revocation",
    "register": "Register",
    "role": "Role asked for",
    "passport": "Passport",
    "decision": "Local decisions and evidence",
}
_STOPS: tuple[tuple[str, tuple[Group, ...]], ...] = (
    ("Certificate", ("certificate", "profile")),
    ("Issuer", ("issuer",)),
    ("Revocation", ("revocation",)),
    ("Register", ("register", "decision")),
    ("Role", ("role",)),
    ("Passport", ("passport",)),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of evidence by digest, named where the verdict names it."""

    sha256: str
    name: str = ""
    path: str | None = None  # the page that shows it


@dataclass(frozen=True, slots=True)
class FindingView:
    """One requirement looked at, with who can mend it and how."""

    code: str
    title: str
    meaning: Meaning
    label: str
    reason: str
    message: str
    clause: str | None
    evidence: tuple[Source, ...]
    actor: str
    remedy: str
    decides: bool

    @property
    def settled(self) -> bool:
        """Met, or the question does not arise: a line, not a story."""
        return self.meaning in {"permitted", "neutral"}


@dataclass(frozen=True, slots=True)
class GroupView:
    """The findings about one thing, gravest first."""

    name: Group
    title: str
    meaning: Meaning
    label: str
    says: str
    counted: str
    findings: tuple[FindingView, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """One question on the path to the answer; the line breaks before the first that is no yes."""

    title: str
    says: str
    meaning: Meaning
    label: str
    broken: bool


@dataclass(frozen=True, slots=True)
class VerdictView:
    """All of it."""

    verdict: Verdict
    word: str
    meaning: Meaning
    holder: str
    deed: str
    country: str
    because: str
    stops: tuple[Stop, ...]
    groups: tuple[GroupView, ...]
    counted: str
    evidence: tuple[Source, ...]


def view_of(verdict: Verdict) -> VerdictView:
    """Everything the page says about a verdict."""
    sources = {source.sha256: source for source in _sources(verdict)}
    deciding = next((finding for finding in verdict.findings if finding.reason == verdict.reason and finding.reason), None)
    findings = [_finding(finding, sources, decides=finding is deciding) for finding in verdict.findings]
    groups = tuple(_groups(verdict, findings))
    return VerdictView(
        verdict=verdict,
        word=verdict.verdict.capitalize(),
        meaning=verdict.verdict,
        holder=verdict.tpp.name or "The holder of this certificate",
        deed=words.SERVICE_DEEDS.get(verdict.question.payment_service, verdict.question.payment_service),
        country=words.country_in_text(verdict.question.country),
        because=_because(verdict, deciding),
        stops=_path(verdict, findings),
        groups=groups,
        counted=_counted(findings),
        evidence=tuple(sources.values()),
    )


def _because(verdict: Verdict, deciding: Finding | None) -> str:
    """Why, in the words of the finding that decided; a yes says what it rests on."""
    if deciding is not None:
        return deciding.message or f"{_requirement_title(deciding.code)} Found: {words.spoken(deciding.reason)}."
    if verdict.verdict == "permitted":
        return _permitted_because(verdict)
    return f"Found: {words.spoken(verdict.reason)}." if verdict.reason else ""


def _permitted_because(verdict: Verdict) -> str:
    """What a yes rests on: the role in the certificate and the right in the register."""
    role = next((name for service, name in ROLE_NEEDED.items() if service == verdict.question.payment_service), None)
    if role is None:
        return "Its certificate is qualified and everything that was asked of it is met."
    right = verdict.authorisation.country_right if verdict.authorisation else ""
    where = {
        "home": "its home authority lists the service",
        "fps": f"its passport covers the service in {words.country_in_text(verdict.question.country)}",
        "branch": f"its branch in {words.country_in_text(verdict.question.country)} may offer the service",
        "crd": "its licence as a bank covers the service",
    }.get(right, "the register lists the service")
    return f"Its certificate carries {role}, and {where}."


def _requirement_title(code: str) -> str:
    return REQUIREMENTS[code].title if code in REQUIREMENTS else words.spoken(code).capitalize() + "."


def _finding(finding: Finding, sources: dict[str, Source], *, decides: bool) -> FindingView:
    meaning, label = meaning_of(finding)
    requirement = REQUIREMENTS.get(finding.code)
    reason = next((known for known in requirement.reasons if known.word == finding.reason), None) if requirement else None
    return FindingView(
        code=finding.code,
        title=_requirement_title(finding.code),
        meaning=meaning,
        label=label,
        reason=finding.reason,
        message=finding.message,
        clause=finding.clause,
        evidence=tuple(sources.get(digest, Source(digest)) for digest in finding.evidence),
        actor=words.ACTORS[reason.actor] if reason else "",
        remedy=reason.remedy if reason else "",
        decides=decides,
    )


def meaning_of(finding: Finding) -> tuple[Meaning, str]:
    """How a finding is drawn and read aloud."""
    if finding.met == "yes":
        return "permitted", "met"
    if finding.met == "not_applicable":
        return "neutral", "does not arise"
    return _OF_CONSEQUENCE.get(finding.consequence, ("undetermined", "cannot be told"))


def _group_of(code: str) -> Group:
    requirement: Requirement | None = REQUIREMENTS.get(code)
    return requirement.group if requirement else "decision"


def gravest(meanings: Iterable[Meaning]) -> Meaning:
    """The one that counts of several; nothing looked at is neutral."""
    found = set(meanings)
    for meaning in _GRAVEST_FIRST:
        if meaning in found:
            return meaning
    return "neutral"


def _groups(verdict: Verdict, findings: list[FindingView]) -> list[GroupView]:
    """The groups in the order they are decided, the one that decides the verdict first and open."""
    made: list[GroupView] = []
    for name, title in GROUP_TITLES.items():
        own = sorted((f for f in findings if _group_of(f.code) == name), key=lambda f: (not f.decides, _GRAVEST_FIRST.index(f.meaning)))
        if not own:
            continue
        if name == "passport":
            title = f"Passport to {words.country_in_text(verdict.question.country)}"
        first = own[0]
        meaning = gravest(f.meaning for f in own)
        says = "" if first.settled else first.message or words.spoken(first.reason)
        decides = any(f.decides for f in own)
        made.append(
            GroupView(
                name, title, meaning, first.label if not first.settled else "met", says, _counted(own, short=True), tuple(own), decides
            )
        )
    return sorted(made, key=lambda group: not group.open)


def _counted(findings: list[FindingView], *, short: bool = False) -> str:
    """How many requirements were looked at and how they came out."""
    asked = [finding for finding in findings if finding.meaning != "neutral"]
    met = sum(finding.meaning == "permitted" for finding in asked)
    if short and met == len(asked):
        return f"{met} of {met} met" if asked else "does not arise"
    parts = [f"{met} met"] if met or not short else []
    parts += [
        f"{number} {said}"
        for meaning, said in (("refused", "not met"), ("undetermined", "cannot be told"), ("warning", "to note"), ("info", "worth knowing"))
        if (number := sum(finding.meaning == meaning for finding in asked))
    ]
    if short:
        return ", ".join(parts)
    return f"{words.count(len(asked), 'requirement')} shown: {', '.join(parts)}"


def _path(verdict: Verdict, findings: list[FindingView]) -> tuple[Stop, ...]:
    """Six questions in the order they are asked; what was not reached is neutral."""
    stops: list[tuple[str, str, Meaning]] = []
    for title, groups in _STOPS:
        own = [finding for finding in findings if _group_of(finding.code) in groups]
        meaning = _stop_meaning(title, verdict, own)
        stops.append((title, _stop_says(title, verdict, meaning), meaning))
    first_bad = next((place for place, (_, _, meaning) in enumerate(stops) if meaning in {"refused", "undetermined"}), None)
    labels: dict[Meaning, str] = {
        "permitted": "met",
        "refused": "not met",
        "undetermined": "cannot be told",
        "warning": "to note",
        "info": "worth knowing",
        "neutral": "not asked",
    }
    return tuple(
        Stop(title, says, meaning, labels[meaning], first_bad is not None and place == max(0, first_bad - 1))
        for place, (title, says, meaning) in enumerate(stops)
    )


def _stop_meaning(title: str, verdict: Verdict, findings: list[FindingView]) -> Meaning:
    """From the findings shown; where only what matters is shown, silence about a stop is read from the verdict's own fields."""
    found = gravest(finding.meaning for finding in findings)
    if found not in {"neutral", "permitted"}:
        return found
    certificate, authorisation = verdict.certificate, verdict.authorisation
    known = {
        "Certificate": certificate.in_period,
        "Issuer": certificate.qualified == "yes",
        "Revocation": certificate.revocation_status == "good",
        "Register": authorisation is not None and authorisation.status in {"AUTHORISED", "REGISTERED", "ENDING"},
        "Role": verdict.question.payment_service in {"any", "vop"} or bool(verdict.roles.usable),
        "Passport": authorisation is not None and authorisation.country_right not in {"none", "unknown"},
    }
    return "permitted" if known[title] or found == "permitted" else "neutral"


def _stop_says(title: str, verdict: Verdict, meaning: Meaning) -> str:
    certificate, authorisation, country = verdict.certificate, verdict.authorisation, verdict.question.country
    match title:
        case "Certificate":
            kind = "no known kind" if certificate.kind == "other" else words.CERTIFICATE_KINDS.get(certificate.kind, certificate.kind)
            return f"{'in period' if certificate.in_period else 'out of period'}, {kind.partition(',')[0]}"
        case "Issuer":
            if certificate.trust_service is None:
                return "on no list known here"
            said = {"yes": "qualified", "no": "not qualified", "unknown": "qualification unknown"}[certificate.qualified]
            return f"{said}, {certificate.trust_service.territory} list"
        case "Revocation":
            return certificate.revocation_status.replace("_", " ")
        case "Register":
            if authorisation is None:
                return "not found"
            return f"{words.STATUS_WORDS.get(authorisation.status, ('', authorisation.status))[1].lower()} in {verdict.tpp.home_country}"
        case "Role":
            return ", ".join(verdict.roles.in_certificate) or "none in the certificate"
        case _ if meaning == "refused":
            return f"{country}: not for {words.SERVICE_NAMES.get(verdict.question.payment_service, 'this').lower()}"
        case _:
            said = {
                "home": "home state",
                "fps": "passport",
                "branch": "branch",
                "crd": "bank, by notification",
                "none": "none",
                "unknown": "not known",
            }
            return f"{country}: {said.get(authorisation.country_right, authorisation.country_right) if authorisation else 'not asked'}"


def _sources(verdict: Verdict) -> list[Source]:
    """Every digest the verdict names, with what it is of and where it is shown."""
    evidence = verdict.evidence
    found = [
        Source(row.sha256, f"Trusted list {row.territory} {row.sequence}", f"/trusted-lists/{row.territory}")
        for row in evidence.trust_lists
    ]
    for register in evidence.registers:
        found += [Source(digest, f"Row of {register.source}", f"/registers/{register.source}") for digest in register.record_sha256]
    if evidence.revocation is not None:
        found.append(Source(evidence.revocation.sha256, f"{evidence.revocation.method.upper()} answer"))
    found += [Source(digest, "Issuer's certificate") for digest in evidence.chain_sha256]
    found.append(Source(verdict.question.certificate_sha256, "The certificate"))
    return found
