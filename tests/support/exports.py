"""Exports of other products, in the shape that each gives."""

import json
import zipfile
from pathlib import Path
from typing import Any


def zipped(path: Path, files: dict[str, Any]) -> Path:
    """An archive; what is no bytes and no text is written as JSON."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes | str) else json.dumps(content)
            archive.writestr(name, data)
    return path


def discord_user(name: str, *, bot: bool = False) -> dict[str, Any]:
    key = str(80_000_000_000_000_000 + sum(map(ord, name)))
    return {
        "id": key, "name": name, "discriminator": "0000", "nickname": name.title(),
        "color": None, "isBot": bot, "roles": [], "avatarUrl": "https://cdn.example/a.png",
    }  # fmt: skip


def discord_message(key: int, by: str = "ana", **fields: Any) -> dict[str, Any]:
    return {
        "id": str(900_000_000_000_000_000 + key),
        "type": "Default",
        "timestamp": f"2026-03-01T08:{key % 60:02}:00.123+01:00",
        "timestampEdited": None,
        "callEndedTimestamp": None,
        "isPinned": False,
        "content": f"Message {key}",
        "author": discord_user(by),
        "attachments": [],
        "embeds": [],
        "stickers": [],
        "reactions": [],
        "mentions": [],
        "inlineEmojis": [],
        **fields,
    }


def discord_channel(name: str, *messages: dict[str, Any], **channel: Any) -> dict[str, Any]:
    """A file of DiscordChatExporter."""
    return {
        "guild": {"id": "700000000000000001", "name": "Rivière", "iconUrl": "https://cdn.example/g"},
        "channel": {
            "id": "700000000000000002", "type": "GuildTextChat", "categoryId": "700000000000000003",
            "category": "Accueil", "name": name, "topic": None, **channel,
        },
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2026-04-01T10:00:00.0000000+00:00",
        "messages": list(messages),
        "messageCount": len(messages),
    }  # fmt: skip


def slack_export() -> dict[str, Any]:
    """The files of a Slack export: two channels, a thread, and what nobody wrote."""
    return {
        "users.json": [
            _slack_user("U01ANA", "ana", "Ana Duval"),
            _slack_user("U02BEN", "ben", "Ben Okri"),
        ],
        "channels.json": [
            {"id": "C01", "name": "general", "created": 1772000000, "creator": "U01ANA",
             "is_archived": False, "is_general": True, "members": ["U01ANA", "U02BEN"]},
            {"id": "C02", "name": "aide", "created": 1772000000, "creator": "U01ANA",
             "is_archived": False, "is_general": False, "members": ["U01ANA"]},
        ],
        "dms.json": [{"id": "D01", "created": 1772000000, "members": ["U01ANA", "U02BEN"]}],
        "general/2026-03-01.json": [
            {"type": "message", "subtype": "channel_join", "user": "U02BEN",
             "text": "<@U02BEN> has joined the channel", "ts": "1772352000.000100"},
            {"client_msg_id": "7b1c", "type": "message", "user": "U01ANA", "team": "T01",
             "text": "Bonjour <@U02BEN|ben> &amp; <!here>, voir <https://x.example/a|la notice>"
             " dans <#C02|aide>", "ts": "1772352060.000200",
             "thread_ts": "1772352060.000200", "reply_count": 1, "reply_users": ["U02BEN"],
             "replies": [{"user": "U02BEN", "ts": "1772352120.000300"}],
             "reactions": [{"name": "+1", "users": ["U02BEN", "U09GONE"], "count": 2}],
             "edited": {"user": "U01ANA", "ts": "1772352070.000000"}},
            {"type": "message", "user": "U02BEN", "text": "Merci", "ts": "1772352120.000300",
             "thread_ts": "1772352060.000200", "parent_user_id": "U01ANA",
             "files": [{"id": "F01", "name": "plan.pdf", "mimetype": "application/pdf",
                        "url_private": "https://files.example/F01/plan.pdf?t=xoxe-secret"}]},
        ],
        "general/2026-03-02.json": [
            {"type": "message", "subtype": "bot_message", "bot_id": "B01", "username": "Météo",
             "text": "Pluie", "ts": "1772438400.000100"},
            {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "hidden": True,
             "text": "This message was deleted.", "ts": "1772438460.000100"},
        ],
        "aide/2026-03-01.json": [
            {"type": "message", "user": "U09GONE", "text": "Une question ?",
             "ts": "1772352000.000900",
             "user_profile": {"display_name": "Zoé", "real_name": "Zoé B.", "name": "zoe"}},
        ],
        "D01/2026-03-01.json": [
            {"type": "message", "user": "U01ANA", "text": "privé", "ts": "1772352000.000100"},
        ],
    }  # fmt: skip


def _slack_user(key: str, name: str, real: str) -> dict[str, Any]:
    return {
        "id": key, "team_id": "T01", "name": name, "deleted": False, "real_name": real,
        "is_bot": False, "profile": {"display_name": "", "real_name": real, "email": f"{name}@x"},
    }  # fmt: skip


def discourse_post(number: int, by: str = "ana", **fields: Any) -> dict[str, Any]:
    return {
        "id": 4000 + number, "name": by.title(), "username": by,
        "avatar_template": "/user_avatar/{size}/1.png",
        "created_at": f"2026-03-01T08:{number:02}:00.000Z",
        "updated_at": f"2026-03-01T09:{number:02}:00.000Z",
        "cooked": f"<p>Réponse <strong>{number}</strong></p>\n<script>alert(1)</script>",
        "post_number": number, "post_type": 1, "reply_to_post_number": None, "topic_id": 77,
        "topic_slug": "la-notice", "version": 1, "user_id": 3, "hidden": False,
        "user_deleted": False, "deleted_at": None, "actions_summary": [], **fields,
    }  # fmt: skip


def discourse_topic(*posts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What `/t/77.json` answers."""
    return {
        "post_stream": {"posts": list(posts), "stream": [post["id"] for post in posts]},
        "id": 77, "title": "La notice ?", "fancy_title": "La notice ?", "slug": "la-notice",
        "posts_count": len(posts), "created_at": "2026-03-01T08:01:00.000Z", "category_id": 5,
        "archived": False, "closed": False, "tags": [], **fields,
    }  # fmt: skip


MAILS = """From ana@example.org Sun Mar  1 08:15:00 2026
From: =?utf-8?q?Ana_Durand=C3=A9?= <Ana@Example.org>
To: liste@example.org
Subject: =?iso-8859-1?q?[riviere]_O=F9_est_la_notice_=3F?=
Date: Sun, 1 Mar 2026 08:15:00 +0100
Message-ID: <m1@example.org>
List-Id: Les voisins <riviere.lists.example.org>
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

O=F9 est la notice ?
>From ici, je ne la vois pas.

From ben@example.org Sun Mar  1 09:00:00 2026
From: Ben <ben@example.org>
Subject: Re: [riviere] Notice
Date: Sun, 01 Mar 2026 09:00:00 -0000
Message-ID: <m2@example.org>
In-Reply-To: <m1@example.org>
References: <m1@example.org>
List-Id: Les voisins <riviere.lists.example.org>
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/html; charset=utf-8

<p>Ici.</p><script>alert(1)</script>
--b
Content-Type: text/plain; charset=utf-8

Ici.

Le dim. 1 mars 2026, Ana a écrit :
> Où est la notice ?
--b--

From zoe@example.org Sun Mar  1 10:00:00 2026
From: zoe@example.org
Subject: RE: [riviere] Où est la notice ?
Date: Sun, 01 Mar 2026 10:00:00 +0000
Message-ID: <m3@example.org>
List-Id: Les voisins <riviere.lists.example.org>
Content-Type: text/html; charset=x-unknown

<html><head><style>p{}</style></head><body><p>Merci&nbsp;!</p><br>Zoé</body></html>

From nobody Sun Mar  1 11:00:00 2026
From: nobody@example.org
Subject: no date
Message-ID: <m4@example.org>

Hello
"""
