"""What is required of a certificate, one function a requirement, by the document that requires it."""
