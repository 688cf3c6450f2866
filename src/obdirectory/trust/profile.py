"""What a certificate claims to be, and every requirement of its profile looked at; what a broken one means is the policy's business."""

from datetime import datetime

from obdirectory.core.finding import Finding
from obdirectory.trust import requirements
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.requirement import Profile, look_at, not_in_order

__all__ = ["Profile", "not_in_order", "profile_findings", "profile_of", "requirements"]


def profile_of(certificate: Certificate) -> Profile:
    """What the certificate says it is, by its statements alone; whether it is that is for the trusted lists to say.

    QcType ``web`` or ``eseal`` with QcCompliance is a QWAC or QSealC, without it the same of a scheme; anything else is ``other``.
    """
    types = certificate.qc.types
    if "web" in types:
        return "qwac" if certificate.qc.compliance else "obwac"
    if "eseal" in types:
        return "qsealc" if certificate.qc.compliance else "obseal"
    return "other"


def profile_findings(certificate: Certificate, *, at: datetime) -> tuple[Finding, ...]:
    """The finding of every requirement, met ones and those not applicable included, in a fixed order.

    ``at`` picks the edition: a requirement that a later edition introduced is not asked of an earlier instant. A certificate without
    fault gives the same tuple every time.
    """
    return look_at(certificate, profile_of(certificate), at=at)
