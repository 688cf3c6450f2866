"""Check a certificate: the form, the answer, the same answer again by its id, and its receipt."""

import base64
import textwrap
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath

from obdirectory.check.policy import load_policies
from obdirectory.check.question import Question
from obdirectory.check.verdict import Verdict
from obdirectory.core.countries import NAMES, parse_country
from obdirectory.core.errors import InvalidInput, NotFound, TooManyRequests
from obdirectory.core.instants import parse_instant
from obdirectory.core.payment_services import PaymentService
from obdirectory.trust.bundle import holds_private_key, split_certificates
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.web.api.reading import address_of
from obdirectory.web.doors import Answer, Doors, Example
from obdirectory.web.hot import MAX_CHAIN_CERTIFICATES
from obdirectory.web.pages.bars import position
from obdirectory.web.pages.layout import Layout, Place, TheLayout, Visit
from obdirectory.web.pages.verdict import view_of
from obdirectory.web.problems import problem_of

_ISSUER_NAME_PARTS = ("2.5.4.3", "2.5.4.10")  # common name, organisation


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it stands: what was typed, shown again with the answer."""

    pem: str = ""
    service: str = PaymentService.AIS.value
    country: str = ""
    at: str = ""
    known_at: str = ""
    policy: str = "strict"
    error: str = ""
    wrong: str = ""  # the field that the error is about


@get("/check", name="check_form")
async def check_form(request: Visit, layout: TheLayout) -> Response[object]:
    """The empty form, or one that a link has filled in."""
    given = request.query_params
    service, country = given.get("service", ""), given.get("country", "").upper()
    form = Form(
        service=service if service in set(PaymentService) else PaymentService.AIS.value,
        country=country if country in NAMES else "",
    )
    return _form_page(layout, Place.of(request), form)


@post("/check", name="check_answer", status_code=200)
async def check_answer(request: Visit, layout: TheLayout) -> Response[object]:
    """Ask the check and show its answer under the form."""
    place = Place.of(request)
    if (wait := layout.doors.take_address(address_of(request))) is not None:
        raise TooManyRequests("many checks came from this address; wait a little, or use an API key", retry_after_seconds=wait)
    given = await request.form()
    form = await _form_of(given, layout.doors.sandbox_examples() if place.environment == "sandbox" else ())
    try:
        question = _question_of(form, place, layout.doors)
    except InvalidInput as error:
        shown = "" if holds_private_key(form.pem.encode("utf-8", "surrogatepass")) else form.pem  # a key is not sent back to a screen
        form = replace(form, pem=shown, error=str(error), wrong=_wrong_field(str(error)))
        return _form_page(layout, place, form, status=problem_of(error).status)
    form = replace(form, pem=_pem(question.certificate, *question.chain))
    answer = await layout.doors.check(question, explain="all")
    return _answer_page(request, layout, place, form, answer, certificate=question.certificate)


@get("/check/{check_id:str}", name="check_again")
async def check_again(request: Visit, layout: TheLayout, check_id: FromPath[str]) -> Response[object]:
    """An answer given before, to whoever holds its address; answers to API keys are for those keys alone."""
    place = Place.of(request)
    answer = await layout.doors.answer_by_id(check_id, place.environment, None)
    if answer is None:
        raise NotFound("no check of that id was asked on these pages; answers to an API key are read with that key")
    verdict = answer.verdict
    form = Form(service=verdict.question.payment_service, country=verdict.question.country, policy=verdict.question.policy)
    return _answer_page(request, layout, place, form, answer, certificate=None)


@get("/check/{check_id:str}/receipt", name="check_receipt")
async def check_receipt(request: Visit, layout: TheLayout, check_id: FromPath[str]) -> Response[bytes]:
    """The receipt as a file."""
    receipt = await layout.doors.receipt(check_id, Place.of(request).environment, None)
    if receipt is None:
        raise NotFound("no check of that id was asked on these pages")
    name = "".join(character for character in check_id if character.isalnum() or character == "-")
    return Response(
        receipt.encode(),
        media_type="application/jose",
        headers={"content-disposition": f'attachment; filename="{name}.jws"', "cache-control": "no-store"},
    )


async def _form_of(given: FormMultiDict, examples: tuple[Example, ...]) -> Form:
    """The form as it was sent; an example chosen by name brings its own certificate and question."""
    chosen = next((example for example in examples if example.name == _text(given, "example")), None)
    if chosen is not None:
        pem = chosen.pem + chosen.chain_pem
        return Form(pem=pem, service=chosen.payment_service, country=chosen.country)
    pem = _text(given, "pem")
    error = wrong = ""
    for upload in given.getall("file", []):
        if isinstance(upload, UploadFile) and (content := await upload.read()):
            try:
                pem = _pem(*split_certificates(content))
            except InvalidInput as problem:
                error, wrong = str(problem), "certificate"
    return Form(
        pem=pem,
        service=_text(given, "ask_service") or _text(given, "service") or PaymentService.AIS.value,
        country=_text(given, "country"),
        at=_text(given, "at"),
        known_at=_text(given, "known_at"),
        policy=_text(given, "policy") or "strict",
        error=error,
        wrong=wrong,
    )


def _text(given: FormMultiDict, name: str) -> str:
    value = given.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _question_of(form: Form, place: Place, doors: Doors) -> Question:
    """The question of a visitor: a public document, judged for nobody in particular. Raises InvalidInput."""
    if form.error:
        raise InvalidInput(form.error)
    if not form.pem:
        raise InvalidInput("certificate: drop a file or paste a certificate")
    certificate, *chain = split_certificates(form.pem.encode("utf-8", "surrogatepass"))
    if len(chain) > MAX_CHAIN_CERTIFICATES:
        raise InvalidInput(f"certificate: {len(chain)} issuers came with it; at most {MAX_CHAIN_CERTIFICATES} are read")
    if not form.country:
        raise InvalidInput("country: choose the country where the account is held")
    if form.policy not in load_policies():
        raise InvalidInput(f"policy: unknown policy {form.policy!r}")
    question = Question(
        environment=place.environment,
        certificate=certificate,
        payment_service=PaymentService.parse(form.service),
        country=parse_country(form.country),
        at=parse_instant(form.at) if form.at else None,
        known_at=parse_instant(form.known_at) if form.known_at else None,
        policy=form.policy,
        chain=tuple(chain),
        keep_certificate=False,
    )
    now = doors.clock()
    for name, instant in (("at", question.at), ("known_at", question.known_at)):
        if instant is not None and instant > now:
            raise InvalidInput(f"{name}: a future instant cannot be asked about")
    return question


def _wrong_field(error: str) -> str:
    """The field an error names, else the certificate: everything else is chosen from lists."""
    name = error.partition(":")[0]
    return name if name in {"country", "policy", "at", "known_at"} else "at" if "instant" in error else "certificate"


def _pem(*certificates: bytes) -> str:
    """Certificates as PEM text, as the form shows them again."""
    return "".join(
        f"-----BEGIN CERTIFICATE-----\n{chr(10).join(textwrap.wrap(base64.b64encode(der).decode(), 64))}\n-----END CERTIFICATE-----\n"
        for der in certificates
    )


def _form_page(layout: Layout, place: Place, form: Form, *, status: int = 200) -> Response[object]:
    return layout.render(
        "check.html", place, section="check", title="Check a certificate", status=status, form=form, view=None, **_choices(layout, place)
    )


def _answer_page(
    request: Visit, layout: Layout, place: Place, form: Form, answer: Answer, *, certificate: bytes | None
) -> Response[object]:
    view = view_of(answer.verdict)
    read = None if certificate is None else read_certificate(certificate)
    return layout.render(
        "check.html",
        place,
        section="check",
        title=f"{view.word}: {view.holder}",
        form=form,
        view=view,
        certificate=read if isinstance(read, Certificate) else None,
        issuer=_name_of(read) if isinstance(read, Certificate) else "",
        curl=_curl(f"{request.url.scheme}://{request.url.netloc}", view.verdict, place),
        replay=_replay(view.verdict, place),
        checked_at=parse_instant(view.verdict.at),
        position=position,
        **_choices(layout, place),
    )


def _curl(origin: str, verdict: Verdict, place: Place) -> str:
    """The same question as an HTTP call; the certificate is taken from a file."""
    question = verdict.question
    return (
        f"curl {origin}/api/v1/checks \\\n"
        f'  -H "Authorization: Bearer $OBD_{place.environment.upper()}_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        "  -d \"$(jq -n --rawfile c certificate.pem '{\n"
        f'    certificate: $c, payment_service: "{question.payment_service}",\n'
        f'    country: "{question.country}"}}\')"'
    )


def _replay(verdict: Verdict, place: Place) -> str:
    """Decide it again; and the same question of another instant."""
    question = verdict.question
    environment = " --environment sandbox" if place.environment == "sandbox" else ""
    return (
        f"obd replay {verdict.id}\n"
        "# the same question on the command line, of any instant\n"
        f"obd check certificate.pem --service {question.payment_service} \\\n"
        f"  --country {question.country}{environment} --at {verdict.at}"
    )


def _choices(layout: Layout, place: Place) -> dict[str, Any]:
    return {
        "countries": sorted(NAMES.items(), key=lambda item: item[1]),
        "policies": list(load_policies().values()),
        "examples": layout.doors.sandbox_examples() if place.environment == "sandbox" else (),
    }


def _name_of(certificate: Certificate) -> str:
    """The issuer as people know it: its common name, else its organisation."""
    values = dict(reversed(certificate.issuer))
    return next((values[part] for part in _ISSUER_NAME_PARTS if part in values), "")


ROUTES = [check_form, check_answer, check_again, check_receipt]
