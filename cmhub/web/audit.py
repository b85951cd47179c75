"""The audit as a file: what the page's filter wants, however much it is, row by row."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from cmhub.actor import Actor
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden, NotFound
from cmhub.locales import text
from cmhub.services.auditing import AuditFilter, AuditRow, begin_export, export_audit, kinds
from cmhub.services.sessions import SessionInfo, actor_in
from cmhub.web.auth import SIGN_IN
from cmhub.web.boot import request_language
from cmhub.web.cookies import client_address, who
from cmhub.web.forms import go, refusal

_HEADINGS = (
    "at", "actor", "address", "tag", "what", "workspace", "object_kind", "object_id", "object",
    "changes",
)  # fmt: skip
_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
Write = Callable[[tuple[AuditRow, ...], str], str]


def defused(value: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, *CSV Injection*)."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def as_csv(rows: tuple[AuditRow, ...], language: str) -> str:
    """Rows of a table, each value with its formula taken out."""
    written = io.StringIO()
    table = csv.writer(written)
    for row in rows:
        changes = "; ".join(
            f"{_label(one.label, language)}: {one.before or '–'} → {one.after or '–'}"
            for one in row.changes
        )
        values = (
            row.at.isoformat(), row.actor, row.address, row.tag,
            text(row.sentence, language, actor=row.actor), row.workspace, row.object_kind,
            str(row.object_id), row.what, changes,
        )  # fmt: skip
        table.writerow([defused(value) for value in values])
    return written.getvalue()


def _label(label: str, language: str) -> str:
    return text(label, language) if label.startswith("audit.field.") else label


def as_lines(rows: tuple[AuditRow, ...], _language: str) -> str:
    """One JSON object a line, with all that was recorded."""
    return "".join(
        json.dumps(
            {
                "id": str(row.id),
                "at": row.at.isoformat(),
                "user_id": row.user_id and str(row.user_id),
                "actor": row.actor,
                "address": row.address,
                "tag": row.tag,
                "workspace_id": row.workspace_id and str(row.workspace_id),
                "workspace": row.workspace,
                "object_kind": row.object_kind,
                "object_id": str(row.object_id),
                "data": row.data,
            },
            ensure_ascii=False,
        )
        + "\n"
        for row in rows
    )


def filter_of(query: Mapping[str, str], info: SessionInfo, language: str) -> AuditFilter:
    """What the address asks for; a part that cannot be read is left out, as on the page."""
    kind = query.get("kind", "")
    return AuditFilter(
        person=_id(query.get("person", "")),
        workspace=_id(query.get("workspace", "")),
        kind=kind if kind in kinds() else "",
        first=_day(query.get("from", "")),
        last=_day(query.get("to", "")),
        words=query.get("q", ""),
        zone=info.time_zone,
        language=language,
    )


def _id(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


async def export(request: Request) -> Response:
    """Send the events that the address asks for, from the newest on."""
    info = await who(request)
    if info is None:
        return go(SIGN_IN)
    form, language = request.url.path.rpartition(".")[2], request_language(request)
    try:
        actor = actor_in(info, request.path_params["agency"], client_address(request))
        async with unit_of_work(actor) as session:
            await begin_export(session, actor, form)
    except NotFound:
        return refusal(request, "error.not_found", 404)
    except Forbidden as error:
        return refusal(request, error.key, 403)
    chosen = filter_of(request.query_params, info, language)
    name = f"audit-{request.path_params['agency']}.{form}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    pieces = _pieces(actor, chosen, language, form)
    return StreamingResponse(pieces, media_type=_TYPES[form], headers=headers)


async def _pieces(
    actor: Actor, chosen: AuditFilter, language: str, form: str
) -> AsyncIterator[str]:
    write: Write = as_csv if form == "csv" else as_lines
    if form == "csv":
        # The mark by which spreadsheets know the encoding.
        yield "\ufeff" + ",".join(_HEADINGS) + "\r\n"
    async for rows in export_audit(actor, chosen):
        yield write(rows, language)


routes: list[BaseRoute] = [
    Route("/a/{agency}/audit.csv", export, methods=["GET"]),
    Route("/a/{agency}/audit.jsonl", export, methods=["GET"]),
]
