"""Where the web process listens: a free port, whether it answers there, the address to print."""

import errno
import http.client
import socket
import time

from obdirectory.core.errors import InvalidInput

_PORT_PATIENCE_SECONDS = 8.0  # the web process of a killed run needs a moment to let go


def free_port(host: str, wanted: int) -> int:
    """The port to listen on; 0 asks for a free one. Raises InvalidInput when it stays taken."""
    patience = time.monotonic() + _PORT_PATIENCE_SECONDS
    while True:
        try:
            with socket.create_server((host, wanted), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
                port: int = probe.getsockname()[1]
                return port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise InvalidInput(f"cannot listen on {host}: {error.strerror}") from error
            if time.monotonic() > patience:
                raise InvalidInput(f"port {wanted} is taken: choose another with --port") from error
            time.sleep(0.2)


def answers(host: str, port: int) -> bool:
    """Whether the web process there says that it is alive."""
    connection = http.client.HTTPConnection(_reached(host), port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reached(host: str) -> str:
    """A server that listens everywhere is reached here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - nothing is bound here


def address(host: str, port: int) -> str:
    """What a person types into a browser."""
    reached = _reached(host)
    return f"http://[{reached}]:{port}/" if ":" in reached else f"http://{reached}:{port}/"
