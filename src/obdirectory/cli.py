"""The command line: one command per user task. Exit codes: 0 permitted or done, 1 refused, 3 undetermined, 2 usage or input error."""

import argparse
import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import msgspec
import uvloop

from obdirectory import __version__
from obdirectory.app import App, open_app
from obdirectory.app.past import is_file, pack_evidence, replay_offline, replay_recorded
from obdirectory.check.replay import Replayed
from obdirectory.core.countries import NAMES, in_eea, parse_country
from obdirectory.core.errors import DirectoryError, InvalidInput, NotFound, Unavailable
from obdirectory.core.instants import parse_instant
from obdirectory.core.payment_services import PaymentService
from obdirectory.core.visible import visible
from obdirectory.directory.export import csv_line
from obdirectory.directory.permissions import HEADER, permission_rows
from obdirectory.directory.search import entities_of_number
from obdirectory.platform.settings import Process, Settings, load_settings
from obdirectory.platform.telemetry import configure_logging

type_of_exit = {"permitted": 0, "refused": 1, "undetermined": 3}

Command = Callable[[App, argparse.Namespace], Awaitable[int]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; every error a user can meet is one line on stderr and exit code 2 (3 when something outside is away)."""
    args = _parser().parse_args(argv)
    try:
        settings = _settings(args)
        configure_logging(settings.log_level if getattr(args, "command", None) in (serve, work) else "warning")
        if direct := getattr(args, "direct", None):
            return int(direct(settings, args))
        if args.command is replay and args.evidence and is_file(args.what):
            known = {"evidence": args.evidence, "certificate": args.certificate, "jwks": args.jwks}
            return _say_replayed(args, replay_offline(args.what, **known, data_dir=settings.data_dir))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_with_app(settings, args))
    except Unavailable as error:
        return _complain(error, 3)
    except DirectoryError as error:
        return _complain(error, 2)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


async def _with_app(settings: Settings, args: argparse.Namespace) -> int:
    command: Command = args.command
    process: Process = "serve" if command is serve else "migrate" if command is migrate else "work"
    async with open_app(settings, load=args.needs_worlds, process=process) as app:
        return await command(app, args)


def _complain(error: DirectoryError, code: int) -> int:
    print(f"obd: {visible(str(error), most=2000)}", file=sys.stderr)
    return code


def _settings(args: argparse.Namespace) -> Settings:
    given: dict[str, Any] = {name: value for name in ("data_dir", "host", "port") if (value := getattr(args, name, None)) is not None}
    return replace(load_settings(os.environ), **given)


# -- check, replay, evidence -----------------------------------------------------------------------------------------------


async def check(app: App, args: argparse.Namespace) -> int:
    """May the holder of each certificate use this payment service in this country at this instant?"""
    service = PaymentService.parse(args.service)
    if not args.country and not args.matrix:
        raise InvalidInput("name the country where the account is held: --country DE")
    countries = [parse_country(args.country)] if args.country else sorted(code for code in NAMES if in_eea(code, datetime.now(UTC)))
    services = [PaymentService.AIS, PaymentService.PIS, PaymentService.CBPII] if args.matrix else [service]
    at, known_at = _instant(args.at), _instant(args.known_at)
    chain = await _read(app, Path(args.chain)) if args.chain else ()
    outcomes: list[int] = []
    unreadable = 0
    for name in args.certificates:
        try:
            leaf, *rest = await _read(app, Path(name))
        except InvalidInput as error:
            unreadable = _complain(error, 2)
            continue
        for asked in services:
            for country in countries:
                answer = await app.check_certificate(
                    leaf,
                    chain=(*rest, *chain),
                    environment=args.environment,
                    payment_service=asked,
                    country=country,
                    at=at,
                    known_at=known_at,
                    policy=args.policy,
                    explain_all=args.explain == "all",
                )
                if args.json:
                    print(answer.body.decode())
                else:
                    _print_verdict(json.loads(answer.body), name, sys.stdout)
                outcomes.append(type_of_exit[answer.word])
    if unreadable:
        return 2
    return 1 if 1 in outcomes else 3 if 3 in outcomes else 0


async def _read(app: App, path: Path) -> tuple[bytes, ...]:
    return app.read_certificate_file(path)


def _print_verdict(verdict: dict[str, Any], name: str, out: TextIO) -> None:
    question, tpp, certificate = verdict["question"], verdict["tpp"], verdict["certificate"]
    print(f"{verdict['verdict'].upper()}  {verdict['reason']}  {name}", file=out)
    asked = f"{question['payment_service']} in {question['country']} at {verdict['at']}"
    print(f"  asked      {asked} ({question['environment']}, policy {question['policy']})", file=out)
    print(f"  holder     {visible(tpp['name']) or '-'}  {visible(tpp['organization_identifier']) or '-'}", file=out)
    qualified = f"qualified at issuance {certificate['qualified_at_issuance']}, now {certificate['qualified']}"
    print(f"  certificate {certificate['kind']}, {qualified}, revocation {certificate['revocation_status']}", file=out)
    if authorisation := verdict["authorisation"]:
        print(
            f"  register   {authorisation['type']} {authorisation['status']}, right in country: {authorisation['country_right']}", file=out
        )
    for finding in verdict["findings"]:
        if finding["consequence"]:
            print(f"  {finding['consequence']:<7}{finding['code']}: {finding['reason']} - {visible(finding['message'])}", file=out)
    if verdict["remedy"]:
        print(f"  to do      {verdict['actor']}: {verdict['remedy']}", file=out)
    print(f"  id         {verdict['id']}  (obd replay {verdict['id']})", file=out)


async def replay(app: App, args: argparse.Namespace) -> int:
    """Decide a recorded check again from archived evidence and say whether the answer is the same."""
    return _say_replayed(args, await replay_recorded(app, args.what, evidence=args.evidence, certificate=args.certificate, jwks=args.jwks))


def _say_replayed(args: argparse.Namespace, result: Replayed) -> int:
    if args.json:
        print(json.dumps(asdict(result), ensure_ascii=False))
        return 0 if result.same else 1
    print(f"same: {'true' if result.same else 'false'}, {len(result.differences)} difference(s); {result.verdict} {result.reason}")
    for note in result.notes:
        print(f"  note: {note}")
    for difference in result.differences:
        print(f"  {json.dumps(difference, ensure_ascii=False)}")
    return 0 if result.same else 1


async def evidence(app: App, args: argparse.Namespace) -> int:
    """Pack everything a check rests on into a folder from which it replays without this directory."""
    names = await pack_evidence(app, args.check_id, Path(args.output))
    _emit(args, {"check": args.check_id, "folder": args.output, "files": names}, f"{len(names)} files in {args.output}")
    return 0


# -- evidence in ------------------------------------------------------------------------------------------------------------


async def trust_refresh(app: App, args: argparse.Namespace) -> int:
    """Take the list of lists and the national trusted lists, from a folder or from their addresses."""
    rows = await app.refresh_trust(args.environment, from_dir=Path(args.from_dir) if args.from_dir else None, at=_instant(args.at))
    for row in rows:
        built = msgspec.to_builtins(row)
        if args.json:
            print(json.dumps(built))
        else:
            number = "" if built.get("sequence") is None else str(built["sequence"])
            what = f"{built['outcome']:<9} {built['kind']:<5}{built['territory'] or '-':<3} {number:>5}"
            why = f"{built['reason']}: {built['message']}" if built["reason"] and built["message"] else built["reason"]
            print(f"{what}  {built['file']}  {why}".rstrip())
    return 0 if any(row.outcome in ("accepted", "expired") for row in rows) else 1


async def collect(app: App, args: argparse.Namespace) -> int:
    """Collect one register: fetch or take a file, archive, parse, guard, publish."""
    row = await app.collect(args.source, args.environment, from_path=Path(args.from_path) if args.from_path else None, at=_instant(args.at))
    built = msgspec.to_builtins(row)
    changes = f"+{built['added']} -{built['removed']} ~{built['changed']}"
    why = f"{built['reason']}: {built['message']}" if built["reason"] else changes
    text = f"{built['source']}: {built['outcome']}  {why}"
    _emit(args, built, text)
    return 0 if built["outcome"] in ("accepted", "unchanged") else 1


async def sandbox(app: App, args: argparse.Namespace) -> int:
    """Make (or renew) the sandbox world and write its certificates."""
    made = await app.make_sandbox()
    _emit(args, {"certificates": made}, "\n".join(f"{name}: {path}" for name, path in made.items()))
    return 0


# -- what the directory knows ------------------------------------------------------------------------------------------------


async def entity(app: App, args: argparse.Namespace) -> int:
    """Everything the directory knows of one authorisation number."""
    now = datetime.now(UTC)
    at = _instant(args.at) or now
    country = parse_country(args.country) if args.country else None
    found = await entities_of_number(app.database, args.environment, args.number, country=country, at=at, known_at=now)
    if not found:
        raise NotFound(f"no firm with the number {args.number!r} is in the {args.environment} directory")
    for view in found:
        built = msgspec.to_builtins(view)
        _emit(args, built, json.dumps(built, indent=2, ensure_ascii=False))
    return 0


async def permissions(app: App, args: argparse.Namespace) -> int:
    """One row per entity and country: status and the roles that may be used there."""
    now = datetime.now(UTC)
    rows = permission_rows(app.database, args.environment, source=args.source, at=_instant(args.at) or now, known_at=now)
    if args.json:
        async with contextlib.aclosing(rows):
            async for row in rows:
                print(json.dumps(row._asdict(), ensure_ascii=False))
        return 0
    sys.stdout.write(csv_line(HEADER))
    async with contextlib.aclosing(rows):
        async for row in rows:
            sys.stdout.write(csv_line(row))
    return 0


async def keys_create(app: App, args: argparse.Namespace) -> int:
    """An API client; its key is printed once."""
    client, key = await app.create_client(
        args.name, environment=args.environment, permissions=tuple(args.permission), country=args.country, policy=args.policy
    )
    _emit(args, {"key_id": client.key_id, "name": client.name, "environment": client.environment, "key": key}, key)
    return 0


async def doctor(app: App, args: argparse.Namespace) -> int:
    """Settings, with secrets masked, and the state of everything this process depends on."""
    report = await app.doctor()
    _emit(args, report, "\n".join(f"{name:<28} {value}" for name, value in _flat(report)))
    return 0 if report["ok"] else 1


async def migrate(app: App, args: argparse.Namespace) -> int:
    """Bring the database to this version's schema."""
    _emit(args, {"applied": app.applied_migrations}, f"applied: {', '.join(app.applied_migrations) or 'nothing, the schema is current'}")
    return 0


# -- processes ---------------------------------------------------------------------------------------------------------------


def up(settings: Settings, args: argparse.Namespace) -> int:
    """Everything on this machine: PostgreSQL, migrations, sandbox world, web and worker; one printed address."""
    from obdirectory.platform.processes import supervise

    return supervise(settings, program=[sys.executable, "-m", "obdirectory.cli"])


async def serve(app: App, args: argparse.Namespace) -> int:
    """Answer checks, the API and the pages."""
    from obdirectory.app import processes

    return await processes.serve(app)


async def work(app: App, args: argparse.Namespace) -> int:
    """Collect registers and refresh trusted lists on their schedules."""
    from obdirectory.app import processes

    return await processes.work(app)


def bench(settings: Settings, args: argparse.Namespace) -> int:
    """Run one benchmark; prints {bench, what, value, unit, floor, ratio}, a line each."""
    import subprocess

    script = Path(__file__).parents[2] / "bench" / f"{args.name}.py"
    if not script.is_file():
        known = ", ".join(sorted(path.stem for path in script.parent.glob("[!_]*.py"))) or "none here: benchmarks live in a source checkout"
        raise InvalidInput(f"no benchmark {args.name!r}; there are: {known}")
    return subprocess.run([sys.executable, "-m", f"bench.{args.name}"], cwd=script.parents[1], check=False).returncode


# -- the parser ---------------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data-dir", type=Path, help="where everything is kept (default: var)")
    shared.add_argument("--json", action="store_true", help="one JSON object a line, nothing else on stdout")
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--environment", choices=("live", "sandbox"), default="live")
    dated = argparse.ArgumentParser(add_help=False)
    dated.add_argument("--at", metavar="T", help="an instant such as 2026-06-20T00:00:00Z")

    parser = argparse.ArgumentParser(
        prog="obd",
        description="Open Banking Directory: is this caller a licensed third party, for this service, in this country, right now?",
    )
    parser.add_argument("--version", action="version", version=f"obd {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, *parents: argparse.ArgumentParser, worlds: bool = False) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=[shared, *parents], help=_first_line(command), description=_first_line(command))
        made.set_defaults(command=command, needs_worlds=worlds)
        return made

    def add_direct(name: str, direct: Callable[[Settings, argparse.Namespace], int]) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=[shared], help=_first_line(direct), description=_first_line(direct))
        made.set_defaults(direct=direct)
        return made

    upping = add_direct("up", up)
    for made in (upping, add("serve", serve, worlds=True)):
        made.add_argument("--port", type=int)
        made.add_argument("--host")
    add("work", work)
    add("migrate", migrate)
    add("doctor", doctor, worlds=True)

    keys = commands.add_parser("keys", help="API clients").add_subparsers(required=True, metavar="ACTION")
    create = keys.add_parser("create", parents=[shared, where], help=_first_line(keys_create), description=_first_line(keys_create))
    create.set_defaults(command=keys_create, needs_worlds=False)
    create.add_argument("name")
    create.add_argument("--permission", action="append", default=[], help="such as check:choose-policy; may be repeated")
    create.add_argument("--country")
    create.add_argument("--policy")

    trust = commands.add_parser("trust", help="trusted lists").add_subparsers(required=True, metavar="ACTION")
    refresh = trust.add_parser(
        "refresh", parents=[shared, where, dated], help=_first_line(trust_refresh), description=_first_line(trust_refresh)
    )
    refresh.set_defaults(command=trust_refresh, needs_worlds=False)
    refresh.add_argument("--from", dest="from_dir", metavar="DIR", help="XML lists, *.crl and *.ocsp answers instead of the network")

    made = add("collect", collect, where, dated)
    made.add_argument("source")
    made.add_argument("--from", dest="from_path", metavar="FILE|DIR")
    add("sandbox", sandbox)

    made = add("entity", entity, where, dated, worlds=True)
    made.add_argument("number")
    made.add_argument("--country")
    made = add("permissions", permissions, where, dated)
    made.add_argument("--source")
    made.add_argument("--csv", action="store_true", help="CSV (the default form)")

    made = add("check", check, where, dated, worlds=True)
    made.add_argument("certificates", nargs="+", metavar="CERT")
    made.add_argument("--chain", metavar="FILE")
    made.add_argument("--service", required=True, metavar="|".join(PaymentService))
    made.add_argument("--country")
    made.add_argument("--known-at", metavar="T")
    made.add_argument("--policy", default="strict")
    made.add_argument("--matrix", action="store_true", help="three services in every EEA country")
    made.add_argument("--explain", choices=("decisive", "all"), default="decisive")

    made = add("replay", replay)
    made.add_argument("what", metavar="CHECK_ID|RECEIPT_FILE")
    made.add_argument("--evidence", type=Path, metavar="DIR")
    made.add_argument("--certificate", type=Path, metavar="FILE")
    made.add_argument("--jwks", type=Path, metavar="FILE")
    made = add("evidence", evidence)
    made.add_argument("check_id")
    made.add_argument("-o", "--output", required=True, metavar="DIR")

    add_direct("bench", bench).add_argument("name")
    return parser


def _first_line(command: Callable[..., Any]) -> str:
    return (command.__doc__ or "").strip().splitlines()[0]


def _instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)


def _emit(args: argparse.Namespace, value: Any, text: str) -> None:
    print(json.dumps(value, ensure_ascii=False) if args.json else text)


def _flat(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{name}.")  # pyright: ignore[reportUnknownArgumentType] - a report is nested dicts of plain values
        else:
            yield f"{prefix}{name}", inner


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
