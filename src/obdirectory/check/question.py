"""What is asked: a certificate, a payment service, a country, an instant and a policy."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from obdirectory.core.payment_services import PaymentService

Environment: TypeAlias = Literal["live", "sandbox"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question, already parsed. The environment comes from the credential, never from the request."""

    environment: Environment
    certificate: bytes  # DER as given, at most trust.certificate.MAX_CERTIFICATE_BYTES
    payment_service: PaymentService
    country: str  # ISO, where the account is held
    at: datetime | None = None  # None: now
    known_at: datetime | None = None  # None: now
    policy: str = "strict"
    chain: tuple[bytes, ...] = ()  # DER
    aspsp: str | None = None
    possession: Literal["tls_peer", "not_shown"] = "not_shown"
    request_id: str | None = None
    channel: Literal["dedicated", "fallback", "other"] = "other"
    client: str | None = None  # key id of the caller, for the journal
    keep_certificate: bool = True  # may the certificate be archived (design principle 2)
