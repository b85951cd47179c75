"""Every format, as its product writes it, becomes the same events."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cmhub.errors import Invalid
from cmhub.integrations.networks.base import (
    IncomingDeletion,
    IncomingEdit,
    IncomingMessage,
    IncomingReaction,
)
from cmhub.services.importing import Format, guess_format
from cmhub.services.importing.dates import is_month_first, moment_of
from cmhub.services.importing.guessing import READERS
from cmhub.services.importing.mbox import without_quotes
from cmhub.services.importing.source import BadLine, Good, Read, Rejected, Source
from cmhub.services.importing.words import text_of_html
from tests.support.exports import (
    MAILS,
    discord_channel,
    discord_message,
    discord_user,
    discourse_post,
    discourse_topic,
    slack_export,
    zipped,
)

PARIS = ZoneInfo("Europe/Paris")


def _read(path: Path, **options: Any) -> list[Read]:
    source = Source(path, path.name, PARIS, **options)
    return list(READERS[guess_format(path, path.name)](source))


def _messages(read: list[Read]) -> list[IncomingMessage]:
    return [e for one in read if isinstance(one, Good) for e in one.events
            if isinstance(e, IncomingMessage)]  # fmt: skip


def _reactions(read: list[Read]) -> list[tuple[str, str, str]]:
    return [(e.target, e.author.external_id, e.name) for one in read if isinstance(one, Good)
            for e in one.events if isinstance(e, IncomingReaction)]  # fmt: skip


def _rejected(read: list[Read]) -> list[tuple[int, str]]:
    return [(one.number, one.reason) for one in read if isinstance(one, Rejected)]


def _at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC)


# csv


def _csv(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "fil.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


FRENCH = """Identifiant;Date;Auteur;ID auteur;Canal;Texte;Fil;Réponse à
1;01/03/2026 09:15;Zoé;u1;Aide;"Où est la notice ;
et la clé ?";;
2;1er mars 2026 à 9h20;Ana;u2;Aide;«Ici» – déjà vu;1;1
"""
ENGLISH = """id,posted_at,author,author_id,channel,text,thread,reply_to
1,2026-03-01T08:15:00Z,Zoé,u1,Aide,"Où est la notice ;
et la clé ?",,
2,"March 1, 2026 9:20 AM",Ana,u2,Aide,«Ici» – déjà vu,1,1
"""


@pytest.mark.parametrize("text", [FRENCH, ENGLISH, ENGLISH.replace("\n", "\r\n")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_table_in_either_language_and_any_encoding(
    tmp_path: Path, text: str, encoding: str
) -> None:
    first, second = _messages(_read(_csv(tmp_path, text, encoding)))
    assert (first.external_id, first.author.external_id, first.author.name) == ("1", "u1", "Zoé")
    assert first.text.replace("\r", "") == "Où est la notice ;\net la clé ?"
    assert (first.posted_at, second.posted_at) == (_at(8, 15), _at(8, 20))
    assert (second.thread, second.reply_to, second.channel) == ("1", "1", "Aide")
    assert second.text == "«Ici» – déjà vu"


def test_a_table_by_tabs_with_the_least_of_columns(tmp_path: Path) -> None:
    text = "Date\tHeure\tPseudo\tMessage\n2026/03/01\t9h05\tZoé\tA\n2026/03/01\t9h05\tZoé\tA\n"
    read = _read(_csv(tmp_path, text, name="général.tsv"))
    first, second = _messages(read)
    assert (first.channel, first.author.external_id, first.posted_at) == (
        "général",
        "Zoé",
        _at(8, 5),
    )
    assert first.external_id != second.external_id
    assert [m.external_id for m in _messages(_read(_csv(tmp_path, text, name="général.tsv")))] == [
        first.external_id,
        second.external_id,
    ]


def test_a_row_that_cannot_be_used_is_told_by_its_line(tmp_path: Path) -> None:
    text = (
        'date,author,text\n2026-03-01,A,"two\nlines"\nyesterday,A,x\n2026-03-01,,x\n'
        "31/02/2026,A,x\n2026-03-01 10:00,B,good\n"
    )
    read = _read(_csv(tmp_path, text))
    assert _rejected(read) == [
        (4, "not a date: yesterday"),
        (5, "the author is missing"),
        (6, "not a date: 31/02/2026"),
    ]
    assert [m.text for m in _messages(read)] == ["two\nlines", "good"]


def test_formulas_are_text(tmp_path: Path) -> None:
    cells = ['=HYPERLINK("http://evil.example")', "+1+1", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0"]
    sheet = io.StringIO()
    csv.writer(sheet).writerows(
        [["date", "author", "text"], *(["2026-03-01", one, one] for one in cells)]
    )
    messages = _messages(_read(_csv(tmp_path, sheet.getvalue())))
    assert [m.text for m in messages] == cells
    assert [m.author.name for m in messages] == cells


def test_a_table_without_the_needed_columns_is_refused(tmp_path: Path) -> None:
    path = _csv(tmp_path, "colour,weight\nred,3\n")
    with pytest.raises(Invalid) as caught:
        list(READERS[Format.csv](Source(path, path.name)))
    assert caught.value.params["reason"] == "csv_columns"


def test_bytes_of_another_encoding_in_utf8_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [b"2026-03-01,A,\xc3\xa9t\xc3\xa9\n"] * 5 + [b"2026-03-01,A,\xe9t\xe9\n"]
    path.write_bytes(b"date,author,text\n" + b"".join(rows))
    read = _read(path)
    assert _rejected(read) == [(7, "not in the encoding of the file")]
    assert {m.text for m in _messages(read)} == {"été"}


DATES = [
    ("2026-03-01T08:15:00Z", _at(8, 15)),
    ("2026-03-01 09:15", _at(8, 15)),
    ("2026-03-01 10:15:00 +0200", _at(8, 15)),
    ("2026-03-01 08:15:00 UTC", _at(8, 15)),
    ("2026-03-01", datetime(2026, 2, 28, 23, tzinfo=UTC)),
    ("01/03/2026 9:15", _at(8, 15)),
    ("01.03.2026, 09:15:00", _at(8, 15)),
    ("1 mars 2026 09:15", _at(8, 15)),
    ("dimanche 1er mars 2026 à 9h15", _at(8, 15)),
    ("1 MARS 2026 à 9 h 15", _at(8, 15)),
    ("1 March 2026, 9:15 am", _at(8, 15)),
    ("Sunday, March 1st, 2026 9:15 PM", _at(20, 15)),
    ("Mar 1, 2026 12:15 AM", datetime(2026, 2, 28, 23, 15, tzinfo=UTC)),
    ("Sun, 01 Mar 2026 09:15:00 +0100", _at(8, 15)),
    ("1772352900", _at(8, 15)),
    ("1772352900000", _at(8, 15)),
]


@pytest.mark.parametrize(("written", "meant"), DATES)
def test_a_time_is_understood(written: str, meant: datetime) -> None:
    assert moment_of(written, PARIS) == meant


@pytest.mark.parametrize(
    "written",
    ["", "hier", "32/01/2026", "2026-13-01", "1 brumaire 2026", "0001-01-01", "99999999999999",
     "13:00 PM 1 March 2026", "1" * 5000, "01/03/2026 25:00"],
)  # fmt: skip
def test_what_is_no_time_is_told(written: str) -> None:
    with pytest.raises(BadLine, match="date"):
        moment_of(written, PARIS)


def test_american_dates_are_known_by_what_cannot_be_a_month() -> None:
    assert is_month_first(["03/04/2026", "03/25/2026"])
    assert is_month_first(["03/04/2026 9:15 PM"])
    assert not is_month_first(["03/04/2026 9:15 PM", "25/03/2026"])
    assert not is_month_first(["03/04/2026"])
    april = moment_of("04/03/2026 10:00", ZoneInfo("UTC"), month_first=True)
    assert (april.month, april.day) == (4, 3)


# discord


def _file(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_discord_as_its_exporter_writes_it(tmp_path: Path) -> None:
    picture = {
        "id": "1",
        "url": "https://cdn.example/a.png",
        "fileName": "a.png",
        "fileSizeBytes": 9,
    }
    wave = {"emoji": {"id": "", "name": "👋", "code": "wave"}, "count": 1,
            "users": [discord_user("ben")]}  # fmt: skip
    path = _file(
        tmp_path / "x.json",
        discord_channel(
            "général",
            discord_message(1, attachments=[picture], reactions=[wave]),
            discord_message(2, type="GuildMemberJoin"),
            discord_message(
                3, "ben", type="Reply", reference={"messageId": str(900_000_000_000_000_001)},
                timestampEdited="2026-03-01T09:00:00+01:00",
            ),
            discord_message(4, timestamp="never"),
            discord_message(5, author=discord_user("robot", bot=True)),
        ),
    )  # fmt: skip
    assert guess_format(path, "x.json") is Format.discord
    read = _read(path)
    first, second, bot = _messages(read)
    assert (first.channel, first.author.name, first.author.handle) == ("général", "Ana", "ana")
    assert first.attachments[0].name == "a.png"
    assert first.posted_at == datetime(2026, 3, 1, 7, 1, 0, 123000, tzinfo=UTC)
    assert (second.reply_to, second.edited_at) == (first.external_id, _at(8))
    assert bot.author.bot
    assert _reactions(read) == [(first.external_id, discord_user("ben")["id"], "👋")]
    assert _rejected(read) == [(3, "not a date: never")]


def test_discord_as_an_archive_with_a_thread(tmp_path: Path) -> None:
    thread = {"id": "900000000000000001", "type": "GuildPublicThread", "category": "général"}
    path = zipped(
        tmp_path / "discord.zip",
        {
            "Rivière - général [1].json": discord_channel("général", discord_message(1)),
            "Rivière - fil [2].json": discord_channel(
                "un fil", discord_message(7, "ben"), **thread
            ),
            "read me.txt": "hello",
        },
    )
    assert guess_format(path, path.name) is Format.discord
    messages = {m.external_id[-2:]: m for m in _messages(_read(path))}
    assert {m.channel for m in messages.values()} == {"général"}
    assert messages["07"].thread == messages["01"].external_id


# slack


def test_slack_as_a_workspace_gives_it(tmp_path: Path) -> None:
    path = zipped(tmp_path / "slack.zip", slack_export())
    assert guess_format(path, path.name) is Format.slack
    read = _read(path)
    by_id = {(m.channel, m.external_id): m for m in _messages(read)}
    root = by_id["general", "1772352060.000200"]
    assert root.text == "Bonjour @ben & @here, voir la notice (https://x.example/a) dans #aide"
    assert (root.author.name, root.author.handle, root.thread) == ("Ana Duval", "ana", None)
    assert root.edited_at == _at(8, 1).replace(second=10)
    reply = by_id["general", "1772352120.000300"]
    assert reply.thread == root.external_id
    assert reply.attachments[0].url == "https://files.example/F01/plan.pdf"
    assert by_id["general", "1772438400.000100"].author.bot
    assert by_id["general", "1772438460.000100"].deleted
    assert by_id["aide", "1772352000.000900"].author.name == "Zoé"
    assert len(by_id) == 5
    assert _reactions(read) == [
        (root.external_id, "U02BEN", "+1"),
        (root.external_id, "U09GONE", "+1"),
    ]
    assert _rejected(read) == []


def test_slack_without_its_users_still_goes_in(tmp_path: Path) -> None:
    files = slack_export()
    del files["users.json"]
    messages = _messages(_read(zipped(tmp_path / "slack.zip", files)))
    assert "Bonjour @ben" in messages[1].text


# discourse


def test_discourse_as_its_api_gives_topics(tmp_path: Path) -> None:
    topic = discourse_topic(
        discourse_post(1, raw="Où est **la notice** ?"),
        discourse_post(2, "ben", reply_to_post_number=1, version=2),
        discourse_post(3, post_type=3, action_code="closed.enabled"),
        discourse_post(4, user_deleted=True),
        discourse_post(5, created_at=None),
    )
    path = _file(tmp_path / "77.json", topic)
    assert guess_format(path, path.name) is Format.discourse
    read = _read(path)
    first, second, gone = _messages(read)
    assert first.text == "La notice ?\n\nOù est **la notice** ?"
    assert (first.external_id, first.channel, first.thread) == ("77/1", "category-5", None)
    assert (second.text, second.thread, second.reply_to) == ("Réponse 2", "77/1", "77/1")
    assert second.edited_at == _at(9, 2)
    assert (gone.deleted, gone.text) == (True, "")
    assert _rejected(read) == [(4, "the date is missing")]


def test_discourse_in_every_other_way(tmp_path: Path) -> None:
    topic, other = (
        discourse_topic(discourse_post(1)),
        discourse_topic(discourse_post(1, topic_id=9)),
    )
    latest = {"latest_posts": [discourse_post(1, topic_title="La notice ?", category_id=5)]}
    listed = _file(tmp_path / "all.json", [topic, other])
    assert [m.external_id for m in _messages(_read(listed))] == ["77/1", "9/1"]
    lines = tmp_path / "lines.json"
    lines.write_text(json.dumps(topic) + "\n" + json.dumps(other))
    assert [m.external_id for m in _messages(_read(lines))] == ["77/1", "9/1"]
    assert _messages(_read(_file(tmp_path / "posts.json", latest)))[0].text.startswith(
        "La notice ?"
    )
    archive = zipped(
        tmp_path / "forum.zip",
        {"t/77.json": topic, "site.json": {"categories": [{"id": 5, "name": "Aide", "slug": "a"}]}},
    )
    assert _messages(_read(archive))[0].channel == "Aide"


def test_discourse_as_a_user_takes_it_along(tmp_path: Path) -> None:
    rows = [
        ["topic_title", "categories", "is_pm", "post_raw", "post_cooked", "like_count",
         "reply_count", "url", "created_at"],
        ["La notice ?", "Aide", "No", "Ici", "<p>Ici</p>", "1", "0",
         "https://forum.example/t/la-notice/77/4", "2026-03-01 08:15:00 UTC"],
        ["Privé", "", "Yes", "x", "x", "0", "0", "https://forum.example/t/p/78/1",
         "2026-03-01 08:15:00 UTC"],
        ["Sans adresse", "Aide", "No", "x", "x", "0", "0", "", "2026-03-01 08:15:00 UTC"],
    ]  # fmt: skip
    sheet = io.StringIO()
    csv.writer(sheet).writerows(rows)
    path = _csv(tmp_path, sheet.getvalue(), name="user_archive-ana-260301-081500.csv")
    assert guess_format(path, path.name) is Format.discourse
    read = _read(path)
    (message,) = _messages(read)
    assert (message.external_id, message.thread, message.channel) == ("77/4", "77/1", "Aide")
    assert (message.author.external_id, message.posted_at) == ("ana", _at(8, 15))
    assert _rejected(read) == [(2, "url is not that of a post")]


# mbox


def test_a_mailing_list(tmp_path: Path) -> None:
    path = tmp_path / "liste.mbox"
    path.write_text(MAILS, encoding="utf-8")
    assert guess_format(path, path.name) is Format.mbox
    read = _read(path)
    first, second, third = _messages(read)
    assert first.text == (
        "[riviere] Où est la notice ?\n\nOù est la notice ?\nFrom ici, je ne la vois pas."
    )
    assert (first.channel, first.author.name) == ("riviere", "Ana Durandé")
    assert first.author.external_id == "ana@example.org"
    assert (second.text, second.thread, second.posted_at) == ("Ici.", "m1@example.org", _at(9))
    assert (third.text, third.thread) == ("Merci\xa0!\n\nZoé", "m1@example.org")
    assert _rejected(read) == [(4, "Date is missing")]
    kept = _messages(_read(path, keep_quotes=True))[1]
    assert kept.text.endswith("> Où est la notice ?")


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Yes.\n\nOn Mon, 1 Mar 2026, Ana wrote:\n> Is it?\n>> Was it?", "Yes."),
        ("> quoted\n\nmy answer", "> quoted\n\nmy answer"),
        ("> all\n> quoted", "> all\n> quoted"),
        ("Oui.\n-----Message d'origine-----\nDe : Ana\nObjet : x\n\nLong", "Oui."),
        ("On the road, Ana wrote:\nsomething fine", "On the road, Ana wrote:\nsomething fine"),
    ],
)
def test_quotes_at_the_end_go(text: str, own: str) -> None:
    assert without_quotes(text) == own


def test_markup_becomes_what_a_reader_sees() -> None:
    markup = (
        "<h1>Un</h1><p onclick='x()'>Deux &lt;b&gt; <img src=x onerror=alert(1) alt='photo'></p>"
        "<style>p{color:red}</style><script>alert('x')</script><ul><li>a<li>b</ul>"
    )
    assert text_of_html(markup) == "Un\n\nDeux <b> photo\n\na\nb"


# our own


def test_versions_and_the_moment_of_deletion_come_along(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text(
        json.dumps(
            {
                "id": "1", "channel": "c", "author": {"id": "a"}, "text": "now",
                "posted_at": "2026-03-01T08:00:00Z", "edited_at": "2026-03-01T09:00:00Z",
                "versions": [{"at": "2026-03-01T08:00:00Z", "text": "first"},
                             {"at": "2026-03-01T09:00:00Z", "text": "now"}],
                "deleted": True, "deleted_at": "2026-03-01T10:00:00Z",
                "reactions": [{"author": "b", "author_name": "Ben", "name": "👍",
                               "at": "2026-03-01T08:30:00Z", "id": "r1"}],
            }
        )
    )  # fmt: skip
    (one,) = _read(path)
    assert isinstance(one, Good)
    message, edit, deletion, reaction = one.events
    assert isinstance(message, IncomingMessage)
    assert (message.text, message.edited_at) == ("first", None)
    assert isinstance(edit, IncomingEdit)
    assert (edit.text, edit.edited_at) == ("now", _at(9))
    assert isinstance(deletion, IncomingDeletion)
    assert deletion.deleted_at == _at(10)
    assert isinstance(reaction, IncomingReaction)
    assert (reaction.external_id, reaction.at, reaction.author.name) == ("r1", _at(8, 30), "Ben")


# guessing


def _plain(text: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("name", "text", "format_"),
    [
        ("a.txt", '{"id": "1", "channel": "c"}\n', Format.jsonl),
        ("a.bin", "date;auteur;texte\n", Format.csv),
        ("a", "From x Mon Jan  1 00:00:00 2026\n", Format.mbox),
        ("a.jsonl", "broken\n", Format.jsonl),
        ("a.csv", "nothing,known\n", Format.csv),
    ],
)
def test_the_format_is_told_by_the_content(
    tmp_path: Path, name: str, text: str, format_: Format
) -> None:
    assert guess_format(_plain(text)(tmp_path / name), name) is format_


@pytest.mark.parametrize("text", ["", "hello world", "<html></html>", "[1,2,3]", "%PDF-1.4"])
def test_what_is_no_export_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        guess_format(_plain(text)(tmp_path / "a.dat"), "a.dat")
    assert caught.value.params["reason"] == "unknown_format"
