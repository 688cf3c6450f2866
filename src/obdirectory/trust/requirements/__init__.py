"""What is required of a certificate, one function a requirement, by the document that requires it.

All are declared together, so that their findings come in one order whichever of them is imported first.
"""

from obdirectory.trust.requirements import key, psd2, qualified, structure

__all__ = ["key", "psd2", "qualified", "structure"]
