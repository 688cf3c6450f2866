"""What is raised when we cannot do our work; how the world disappoints us is a value (a Finding, a refused snapshot) instead."""


class DirectoryError(Exception):
    """Any error that a caller is meant to see; its text says what is wrong and what to do."""


class InvalidInput(DirectoryError):
    """What was asked cannot be read: exit code 2, problem 400."""


class NotPermitted(DirectoryError):
    """The caller may not do this: problem 403."""


class NotAuthenticated(DirectoryError):
    """The caller is not known: problem 401."""


class NotFound(DirectoryError):
    """Nothing of that name is here: problem 404."""


class Conflict(DirectoryError):
    """The state of things forbids it: problem 409."""


class TooManyRequests(DirectoryError):
    """The caller's allowance is used up: problem 429 with Retry-After."""

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(DirectoryError):
    """Something outside the process is away: problem 503 with Retry-After."""

    def __init__(self, message: str, *, retry_after_seconds: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
