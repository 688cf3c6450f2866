"""What is counted and measured, in the Prometheus text form."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from obdirectory import __version__

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """The measurements of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        Info("obd_build", "The release that runs.", registry=self.registry).info({"version": __version__})
        self._checks = Counter("obd_checks", "Checks answered.", ["environment", "verdict", "reason"], registry=self.registry)
        self._check_seconds = Histogram(
            "obd_check_seconds", "Time to answer a check.", ["environment"], registry=self.registry, buckets=_BUCKETS
        )
        self._answered: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self._world_version = Gauge("obd_world_version", "Version of the world answered from.", ["environment"], registry=self.registry)
        self._world_age = Gauge("obd_world_age_seconds", "Time since the world was known.", ["environment"], registry=self.registry)
        self._evidence_age = Gauge(
            "obd_evidence_age_seconds",
            "Age of a list or register by its own word.",
            ["environment", "evidence"],
            registry=self.registry,
        )
        self._journal_lag = Gauge("obd_journal_lag_records", "Checks journalled here and not shipped yet.", registry=self.registry)
        self._database_up = Gauge("obd_database_up", "Whether the database answered when last asked.", registry=self.registry)
        self._jobs = Counter("obd_jobs", "Jobs done.", ["job", "outcome"], registry=self.registry)

    def check_answered(self, environment: str, verdict: str, reason: str, seconds: float) -> None:
        """One more check; reasons are a closed set, so are never made from what a caller sent."""
        answered = environment, verdict, reason
        if answered not in self._answered:
            self._answered[answered] = self._checks.labels(*answered), self._check_seconds.labels(environment)
        count, times = self._answered[answered]
        count.inc()
        times.observe(seconds)

    def world_in_use(self, environment: str, version: int, age_seconds: float) -> None:
        """The world that answers now."""
        self._world_version.labels(environment).set(version)
        self._world_age.labels(environment).set(age_seconds)

    def evidence_ages(self, environment: str, ages: Mapping[str, float]) -> None:
        """How old each list (``list:DE``) and register (``register:eu_eba``) is."""
        for name, age_seconds in ages.items():
            self._evidence_age.labels(environment, name).set(age_seconds)

    def journal_lag(self, records: int) -> None:
        """How many records wait to be shipped."""
        self._journal_lag.set(records)

    def database_up(self, up: bool) -> None:
        """Whether the database answers."""
        self._database_up.set(1 if up else 0)

    def job_done(self, job: str, outcome: str) -> None:
        """One more job, ``succeeded`` or ``failed``."""
        self._jobs.labels(job, outcome).inc()

    def text(self) -> bytes:
        """All of them as Prometheus reads them."""
        return generate_latest(self.registry)
