"""The command line: each command is one call of a service.

Exit codes: 0 done, 1 a fault with a sentence on standard error, 2 wrong usage. What a command
needs is imported when it runs, so that `cmhub --help` is quick.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cmhub.embedded import EmbeddedDatabaseError
from cmhub.errors import CMHubError

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """The exports that can be imported."""

    jsonl = "jsonl"
    csv = "csv"
    discord = "discord"
    slack = "slack"
    discourse = "discourse"
    mbox = "mbox"


@cli.callback()
def begin() -> None:
    """CMHub: one place for the whole work of an agency's community managers."""
    from cmhub.logs import configure

    configure()


@cli.command("serve")
def serve_command(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Web processes; several need Redis.", min=1)] = 1,
    jobs: Annotated[
        bool | None,
        typer.Option("--jobs/--no-jobs", help="Run a worker too; as with the embedded database."),
    ] = None,
) -> None:
    """Serve the web from the built front end; with the embedded database also run the jobs."""
    from cmhub.serve import serve

    serve(host, port, workers, with_worker=jobs)


@cli.command("worker")
def worker_command(
    concurrency: Annotated[int, typer.Option(help="Jobs at a time.", min=1)] = 10,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the jobs."""
    from cmhub.jobs.worker import run_worker

    if parent is not None:
        from cmhub.serve import end_with

        end_with(parent)
    asyncio.run(run_worker(concurrency))


@cli.command("migrate")
def migrate_command(
    check: Annotated[
        bool, typer.Option(help="Leave the schema as it is; tell what is behind.")
    ] = False,
) -> None:
    """Bring roles and schema to the newest version; safe to start twice at once."""
    from cmhub import migrate

    if not check:
        print(f"database: at {migrate.migrate()}")
        return
    differences = migrate.check()
    _complain(differences)
    print("database: as the models are")


@cli.command("demo")
def demo_command(
    reset: Annotated[bool, typer.Option(help="Remove it first and begin again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Make the demo's agencies when they are not there, and print how to sign in."""
    from cmhub.sandbox.demo import make_demo

    sign_ins = asyncio.run(make_demo(reset=reset))
    if as_json:
        print(json.dumps([asdict(one) for one in sign_ins], ensure_ascii=False))
        return
    for one in sign_ins:
        print(f"{one.agency:<8} {one.role:<10} {one.email:<32} {one.password}")


@cli.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    agency: Annotated[str, typer.Option(metavar="SLUG")],
    workspace: Annotated[str, typer.Option(metavar="SLUG")],
    kind: Annotated[
        Format | None,
        typer.Option("--format", help="What kind of export it is; guessed when not given."),
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Put every message into this channel.")
    ] = None,
    create: Annotated[bool, typer.Option(help="Make the workspace if it is missing.")] = False,
    encoding: Annotated[
        str | None, typer.Option(help="That of a text which does not tell it, as cp1252.")
    ] = None,
    keep_quotes: Annotated[
        bool, typer.Option("--keep-quotes", help="Leave in what mails quote at their end.")
    ] = False,
) -> None:
    """Bring in the history of a community from an export; what is there already stays as it is."""
    from cmhub.services import importing

    counted = _Counted("lines")
    result = asyncio.run(
        importing.import_file(
            file,
            agency,
            workspace,
            kind=importing.Format(kind) if kind else None,
            channel=channel,
            create=create,
            encoding=encoding,
            keep_quotes=keep_quotes,
            progress=counted.show,
        )
    )
    counted.end()
    print(f"{result.imported} imported, {result.known} known, {result.rejected} rejected")
    if result.rejected:
        print(f"what was rejected, and why: {result.rejected_file}", file=sys.stderr)


@cli.command("export")
def export_command(
    file: Annotated[Path, typer.Argument(dir_okay=False, writable=True, metavar="FILE.zip")],
    agency: Annotated[str, typer.Option(metavar="SLUG")],
    workspace: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Only this one; else all of the agency.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if it is there.")
    ] = False,
) -> None:
    """Write everything of a workspace or an agency into a ZIP that can be imported again."""
    from cmhub.errors import Invalid
    from cmhub.services import exporting

    if file.exists() and not force:
        raise Invalid("file_there", file=str(file))
    counted = _Counted("rows")
    result = asyncio.run(exporting.export_file(agency, workspace, file, counted.add))
    counted.end()
    print(f"{result.messages} messages, {result.rows} rows, {result.files} files")


@cli.command("doctor")
def doctor_command() -> None:
    """Look at everything CMHub needs; JSON, and a sentence for each fault."""
    from cmhub.doctor import examine

    report = asyncio.run(examine())
    print(json.dumps(asdict(report), ensure_ascii=False, indent=2))
    _complain(report.faults)


class _Counted:
    """Progress on standard error, at a terminal only."""

    def __init__(self, what: str) -> None:
        self._what, self._done = what, 0
        self._shown = sys.stderr.isatty()

    def show(self, done: int) -> None:
        """Show how many there are now."""
        self._done = done
        if self._shown:
            print(f"\r{done} {self._what}", end="", file=sys.stderr, flush=True)

    def add(self, more: int) -> None:
        """Show how many there are with these."""
        self.show(self._done + more)

    def end(self) -> None:
        """Leave the line."""
        if self._shown and self._done:
            print(file=sys.stderr)


def _complain(faults: list[str] | tuple[str, ...]) -> None:
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        raise typer.Exit(1)


def main() -> None:
    """Run a command; an expected failure becomes its sentence and exit code 1."""
    try:
        cli()
    except (CMHubError, EmbeddedDatabaseError) as fault:
        print(fault, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
