"""What is counted and measured, in the Prometheus text form."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, Info, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from obdirectory import __version__

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class _Answered:
    """Checks answered, counted in plain numbers: this is on the path a bank's customer waits on, reading them is not."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = {}
        self._times: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def add(self, environment: str, verdict: str, reason: str, seconds: float) -> None:
        answered = environment, verdict, reason
        self._counts[answered] = self._counts.get(answered, 0) + 1
        times = self._times.get(environment)
        if times is None:
            times = self._times[environment] = [0] * (len(_BUCKETS) + 1)
        times[bisect_left(_BUCKETS, seconds)] += 1
        self._sums[environment] = self._sums.get(environment, 0.0) + seconds

    def collect(self) -> Iterator[Metric]:
        """As Prometheus wants them: a counter, and a histogram whose buckets count what is below them too."""
        counter = CounterMetricFamily("obd_checks", "Checks answered.", labels=["environment", "verdict", "reason"])
        for answered, count in self._counts.items():
            counter.add_metric(answered, count)
        yield counter
        histogram = HistogramMetricFamily("obd_check_seconds", "Time to answer a check.", labels=["environment"])
        for environment, times in self._times.items():
            bounds = [*(str(bound) for bound in _BUCKETS), "+Inf"]
            histogram.add_metric([environment], list(zip(bounds, accumulate(times), strict=True)), self._sums[environment])
        yield histogram


class Metrics:
    """The measurements of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        Info("obd_build", "The release that runs.", registry=self.registry).info({"version": __version__})
        self._answered = _Answered()
        self.registry.register(self._answered)
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
        self._answered.add(environment, verdict, reason, seconds)

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
