"""Members: found in the directory, read on a page, merged and parted again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Conflict, Forbidden, Invalid, NotFound
from cmhub.integrations.networks.base import (
    Event,
    IncomingDeletion,
    IncomingMembership,
    IncomingReaction,
    Person,
)
from cmhub.models import AuditEvent, Member
from cmhub.services import measures, workspaces
from cmhub.services.members import listing, offering, profile
from cmhub.services.members.listing import MembersFilter
from cmhub.services.members.merging import merge_members, part_members
from cmhub.services.members.profile import MemberView, read_member
from cmhub.services.palette import find_anything
from cmhub.services.search import offering as message_offering
from tests.support.agency import NewAgency, make_agency
from tests.support.community import Community, ago, bring, make_community, person, said

OFFERED = (offering, message_offering)  # imported, they offer what they find
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    return await make_community(agency.owner, agency.workspace_id)


async def _ids(community: Community) -> dict[str, UUID]:
    async with unit_of_work(community.actor) as session:
        rows = await session.execute(
            select(Member.name, Member.id).where(Member.workspace_id == community.workspace_id)
        )
        return {row[0]: row[1] for row in rows}


async def _list(community: Community, **wanted: Any) -> listing.MembersPage:
    async with unit_of_work(community.actor) as session:
        return await listing.list_members(
            session, community.actor, community.workspace_id, MembersFilter(**wanted), NOW
        )


async def _names(community: Community, **wanted: Any) -> list[str]:
    return [row.name for row in (await _list(community, **wanted)).rows]


async def _read(community: Community, name_or_id: str | UUID, after: str = "") -> MemberView:
    wanted = (await _ids(community))[name_or_id] if isinstance(name_or_id, str) else name_or_id
    async with unit_of_work(community.actor) as session:
        return await read_member(
            session, community.actor, community.workspace_id, wanted, now=NOW, after=after
        )


async def _merge(community: Community, kept: UUID, absorbed: UUID) -> UUID:
    async with unit_of_work(community.actor) as session:
        return await merge_members(session, community.actor, community.workspace_id, kept, absorbed)


async def _part(community: Community, merge: UUID) -> UUID:
    async with unit_of_work(community.actor) as session:
        return await part_members(session, community.actor, community.workspace_id, merge)


# the directory


async def _people(community: Community) -> None:
    await bring(
        community,
        said("m1", by="élodie", at=NOW - timedelta(days=200)),
        said("m2", by="ben", at=NOW - timedelta(days=10)),
        said("m3", by="ben", at=NOW - timedelta(days=2), channel="help"),
        said("m4", by="team", at=NOW - timedelta(days=1)),
        said("m5", by="robot", bot=True, at=NOW - timedelta(days=1)),
        IncomingReaction("general", "r1", "m1", person("ana"), "👍", NOW - timedelta(days=5)),
        IncomingMembership("general", Person("@quiet:example.org", "Quiet_One", "@q:example.org"),
                           "joined", at=NOW - timedelta(days=3)),
    )  # fmt: skip


async def test_the_directory_lists_members_with_the_latest_active_first(
    community: Community,
) -> None:
    await _people(community)
    page = await _list(community)
    assert [row.name for row in page.rows] == ["Ben", "Ana", "Élodie", "Quiet_One"]
    assert page.total == 4
    ben = page.rows[0]
    assert (ben.messages, ben.reactions, ben.handle) == (2, 0, "@ben:example.org")
    assert (ben.first_at, ben.last_at) == (NOW - timedelta(days=10), NOW - timedelta(days=2))
    assert ben.networks == ("matrix",)


async def test_the_directory_narrows_down(community: Community) -> None:
    await _people(community)
    day = NOW.date()
    assert await _names(community, words="elodie") == ["Élodie"]
    assert await _names(community, words="ÉLO example") == ["Élodie"]
    assert await _names(community, words="@q:") == ["Quiet_One"]
    assert await _names(community, words="t_o") == ["Quiet_One"]
    assert await _names(community, words="t%o") == []
    assert await _names(community, network="discord") == []
    assert await _names(community, channel_id=community.channels["help"]) == ["Ben"]
    assert await _names(community, active_since=day - timedelta(days=3)) == ["Ben"]
    assert await _names(community, silent_since=day - timedelta(days=30)) == [
        "Élodie", "Quiet_One",
    ]  # fmt: skip
    assert await _names(community, newcomers=True) == ["Ben", "Ana"]
    assert await _names(community, kind="team") == ["Rivière"]
    assert await _names(community, kind="bots") == ["Robot"]
    assert len(await _names(community, kind="all")) == 6


@pytest.mark.parametrize("order", [f"{way}{by}" for by in listing.ORDERS for way in ("", "-")])
async def test_pages_of_the_directory_show_everybody_once_in_order(
    community: Community, order: str
) -> None:
    size, listing.PAGE = listing.PAGE, 2
    try:
        await _people(community)
        seen: list[listing.MemberRow] = []
        after = ""
        for _ in range(3):
            page = await _list(community, order=order, after=after, kind="all")
            seen += page.rows
            after = page.after
    finally:
        listing.PAGE = size
    assert after == ""
    assert len({row.id for row in seen}) == 6
    values: Mapping[str, Any] = {
        "last": [row.last_at for row in seen if row.last_at],
        "joined": [row.first_at for row in seen if row.first_at],
        "messages": [row.messages for row in seen],
        "name": [row.name.lower().replace("é", "e") for row in seen],
    }
    found = values[order.removeprefix("-")]
    assert list(found) == sorted(found, reverse=order.startswith("-"))


@pytest.mark.parametrize("wanted", [{"order": "x"}, {"kind": "x"}, {"after": "x~y"}])
async def test_the_directory_refuses_filters_that_are_none(
    community: Community, wanted: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        await _list(community, **wanted)


async def test_a_new_name_is_found_and_the_old_one_is_not(community: Community) -> None:
    await bring(community, said("m1", by="ben"))
    renamed = replace(
        said("m2", by="ben"), author=Person("@ben:example.org", "Béatrice", "@ben:example.org")
    )
    await bring(community, renamed)
    assert await _names(community, words="beatrice") == ["Béatrice"]
    assert await _names(community, words="@ben") == ["Béatrice"]


# the page


async def test_a_members_page_says_who_they_are_and_what_they_did(community: Community) -> None:
    await bring(
        community,
        said("m1", "Une question", by="ana", at=NOW - timedelta(days=9)),
        said("m2", "Une réponse", by="ben", to="m1", at=NOW - timedelta(days=8)),
        said("m3", "Mon fil", by="ben", channel="help", at=NOW - timedelta(days=1)),
        IncomingReaction("general", "r1", "m1", person("ben"), "👍", NOW),
    )
    view = await _read(community, "Ben")
    assert (view.messages, view.reactions, view.started, view.helped) == (2, 1, 1, 1)
    assert [(one.name, one.messages) for one in view.channels] == [("General", 1), ("Help", 1)]
    assert [one.handle for one in view.identities] == ["@ben:example.org"]
    assert [one.words for one in view.written] == ["Mon fil", "Une réponse"]
    assert len(view.weeks) == profile.WEEKS
    assert [(one.messages, one.reactions) for one in view.weeks[-2:]] == [(1, 0), (1, 1)]
    assert all(one.first.weekday() == 0 for one in view.weeks)


async def test_messages_of_a_member_come_in_pages(community: Community) -> None:
    await bring(
        community, *(said(f"m{n}", f"Mot {n}", at=NOW - timedelta(hours=n)) for n in range(25))
    )
    first = await _read(community, "Ana")
    second = await _read(community, "Ana", first.after)
    words = [one.words for one in (*first.written, *second.written)]
    assert words == [f"Mot {n}" for n in range(25)]
    assert second.after == ""


async def test_it_says_what_was_done_and_hides_what_was_deleted(community: Community) -> None:
    await bring(community, said("m1", "Secret", by="ben"))
    async with unit_of_work(community.actor) as session:
        message = await session.scalar(text("select id from message where body = 'Secret'"))
        await measures.measure_member(
            session, community.actor, community.workspace_id, message, "mute"
        )
    await bring(community, IncomingDeletion("general", "m1", ago(seconds=1)))
    view = await _read(community, "Ben")
    assert [(one.kind, one.user_name) for one in view.measures] == [("mute", "Zoé d’Été")]
    assert [(one.words, one.deleted) for one in view.written] == [("", True)]
    assert view.messages == 0


# merging


async def test_a_merge_makes_one_member_of_two(community: Community) -> None:
    await bring(
        community,
        said("m1", by="ana"),
        said("m2", by="ben", to="m1"),
        IncomingReaction("general", "r1", "m1", person("ben"), "👍", ago(seconds=9)),
    )
    ids = await _ids(community)
    await _merge(community, ids["Ana"], ids["Ben"])
    assert await _names(community) == ["Ana"]
    view = await _read(community, "Ana")
    assert (view.messages, view.reactions, view.started, view.helped) == (2, 1, 1, 0)
    assert {one.handle for one in view.identities} == {"@ana:example.org", "@ben:example.org"}
    assert [one.name for one in view.merges] == ["Ben"]
    assert await _names(community, words="ben") == ["Ana"]
    assert (await _read(community, ids["Ben"])).moved_to == ids["Ana"]


async def test_what_they_write_later_goes_to_the_one_and_back(community: Community) -> None:
    await bring(community, said("m1", by="ana"), said("m2", by="ben"))
    ids = await _ids(community)
    merge = await _merge(community, ids["Ana"], ids["Ben"])
    await bring(community, said("m3", "Depuis", by="ben"), said("m4", by="ana"))
    assert (await _read(community, "Ana")).messages == 4
    assert await _part(community, merge) == ids["Ben"]
    assert (await _read(community, "Ana")).messages == 2
    assert [one.words for one in (await _read(community, "Ben")).written] == ["Depuis", "Bonjour"]
    assert (await _read(community, "Ana")).merges == ()


async def test_a_measure_meets_the_account_that_wrote(community: Community) -> None:
    await bring(community, said("m1", by="ana"), said("m2", "De Ben", by="ben"))
    ids = await _ids(community)
    await _merge(community, ids["Ana"], ids["Ben"])
    async with unit_of_work(community.actor) as session:
        message = await session.scalar(text("select id from message where body = 'De Ben'"))
        made = await measures.measure_member(
            session, community.actor, community.workspace_id, message, "ban"
        )
        handle = await session.scalar(
            text("select i.handle from measure w join identity i on i.id = w.identity_id"
                 " where w.id = :made"),
            {"made": made},
        )  # fmt: skip
    assert handle == "@ben:example.org"


async def test_merges_are_recorded(community: Community) -> None:
    await bring(community, said("m1", by="ana"), said("m2", by="ben"))
    ids = await _ids(community)
    await _part(community, await _merge(community, ids["Ana"], ids["Ben"]))
    async with unit_of_work(community.actor) as session:
        tags = list(
            await session.scalars(
                select(AuditEvent.tag).where(AuditEvent.object_kind == "member")
                .order_by(AuditEvent.at)
            )
        )  # fmt: skip
    assert tags == ["member:merge", "member:unmerge"]


async def test_what_cannot_be_one_person_is_refused(community: Community) -> None:
    await bring(
        community, said("m1", by="ana"), said("m2", by="team"), said("m3", by="robot", bot=True)
    )
    ids = await _ids(community)
    for other, error in (("Ana", Invalid), ("Rivière", Invalid), ("Robot", Invalid)):
        with pytest.raises(error):
            await _merge(community, ids["Ana"], ids[other])
    with pytest.raises(NotFound):
        await _merge(community, ids["Ana"], UUID(int=1))


async def test_a_merge_is_taken_back_once(community: Community) -> None:
    await bring(community, said("m1", by="ana"), said("m2", by="ben"))
    ids = await _ids(community)
    merge = await _merge(community, ids["Ana"], ids["Ben"])
    with pytest.raises(NotFound):
        await _merge(community, ids["Ana"], ids["Ben"])
    await _part(community, merge)
    with pytest.raises(Conflict):
        await _part(community, merge)


async def test_an_analyst_reads_members_and_does_not_merge_them(community: Community) -> None:
    await bring(community, said("m1", by="ana"), said("m2", by="ben"))
    ids = await _ids(community)
    roles = {community.workspace_id: frozenset({Role.ANALYST})}
    analyst = replace(community.actor, agency_roles=frozenset(), workspaces=roles)
    with pytest.raises(Forbidden):
        await _merge(replace(community, actor=analyst), ids["Ana"], ids["Ben"])
    assert len(await _names(replace(community, actor=analyst))) == 2


async def test_members_of_two_clients_are_never_merged(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        made = await workspaces.create_workspace(
            session, agency.owner, name="Autre", client="Autre SA", time_zone="UTC"
        )
    reach = {**agency.owner.workspaces, made.id: frozenset({Role.OWNER})}
    owner = replace(agency.owner, workspaces=reach)
    one = await make_community(owner, agency.workspace_id)
    other = await make_community(owner, made.id)
    await bring(one, said("m1", by="ana"))
    await bring(other, said("m1", by="ana"))
    with pytest.raises(NotFound):
        await _merge(one, (await _ids(one))["Ana"], (await _ids(other))["Ana"])


# exactness


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens: people write, react, are deleted, merged and parted."""

    kind: str
    who: int
    other: int
    number: int


PEOPLE = ("ana", "ben", "cléo", "dan")
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["say", "say", "answer", "react", "early", "delete", "merge", "part"]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, 9),
    ),
    max_size=14,
)
_DAYS = """
    select day, channel_id, member_id, messages, reactions from member_day
    where workspace_id = :w and (messages <> 0 or reactions <> 0)
"""
_PLAIN_DAYS = """
    select day, channel_id, member_id, sum(m), sum(r) from (
        select (posted_at at time zone 'Europe/Paris')::date as day, channel_id, member_id,
            1 as m, 0 as r from message where workspace_id = :w and deleted_at is null
        union all select (at at time zone 'Europe/Paris')::date, channel_id, member_id, 0, 1
        from reaction where workspace_id = :w) f group by day, channel_id, member_id
"""
_TOTALS = """
    select id, messages, reactions, first_at, last_at from member where workspace_id = :w
"""
_PLAIN_TOTALS = """
    select p.id, count(f.at) filter (where f.said), count(f.at) filter (where not f.said),
        min(f.at), max(f.at)
    from member p left join (
        select member_id, posted_at as at, true as said from message
            where workspace_id = :w and deleted_at is null
        union all select member_id, at, false from reaction where workspace_id = :w) f
        on f.member_id = p.id
    where p.workspace_id = :w group by p.id
"""
_WHOLE = """
    select 'message', m.external_id, p.name, null::timestamptz, p.sought
        from message m join member p on p.id = m.member_id where m.workspace_id = :w
    union all select 'reaction', m.external_id, p.name || r.name, null, null from reaction r
        join member p on p.id = r.member_id join message m on m.id = r.message_id
        where r.workspace_id = :w
    union all select 'thread', t.root, p.name, t.first_response_at, t.state from thread t
        join member p on p.id = t.starter_id where t.workspace_id = :w
    union all select 'identity', i.external_id, p.name, null, p.merged_into::text from identity i
        join member p on p.id = i.member_id where i.workspace_id = :w
    union all select 'day', d.day::text, p.name || c.name || d.messages || '/' || d.reactions,
        null, null from member_day d join member p on p.id = d.member_id
        join channel c on c.id = d.channel_id
        where d.workspace_id = :w and (d.messages <> 0 or d.reactions <> 0)
    union all select 'member', p.name, p.messages || '/' || p.reactions, p.first_at,
        p.last_at::text from member p where p.workspace_id = :w
"""


async def _rows(community: Community, words: str) -> list[tuple[Any, ...]]:
    async with unit_of_work(community.actor) as session:
        rows = await session.execute(text(words), {"w": community.workspace_id})
        return sorted((tuple(row) for row in rows), key=repr)


async def _fresh(owner: Actor) -> Community:
    async with unit_of_work(owner) as session:
        made = await workspaces.create_workspace(
            session, owner, name="Essai", client="Essai SA", time_zone="Europe/Paris"
        )
    reach = {**owner.workspaces, made.id: frozenset({Role.OWNER})}
    return await make_community(replace(owner, workspaces=reach), made.id)


def _event(step: Step, number: int) -> Event | None:
    at = NOW - timedelta(hours=40 - number)
    who, channel = PEOPLE[step.who], ("general", "help")[step.number % 2]
    match step.kind:
        case "say":
            return said(f"m{number}", by=who, at=at, channel=channel)
        case "answer":
            return said(f"m{number}", by=who, at=at, channel="general", to="m0")
        case "react":
            # As an import has it: without an id of its own, so that two may be the same.
            return IncomingReaction("general", None, "m0", person(who), "👍", at)
        case "early":
            return IncomingReaction(
                "general", f"e{number}", f"m{number + 1}", person(who), "🎉", at
            )
        case "delete":
            return IncomingDeletion(channel, f"m{step.number}", at)
        case _:
            return None


@pytest.fixture(scope="module")
async def owner(pool: None) -> Actor:
    return (await make_agency()).owner


async def _live(community: Community, steps: Sequence[Step], *, merging_too: bool) -> list[UUID]:
    merges: list[UUID] = []
    await bring(community, *(said(f"m{n}", by=who, at=NOW - timedelta(hours=50 - n))
                             for n, who in enumerate(PEOPLE)))  # fmt: skip
    ids = await _ids(community)
    for number, step in enumerate(steps, len(PEOPLE)):
        event = _event(step, number)
        if event is not None:
            await bring(community, event)
        elif merging_too:
            await _merge_or_part(community, step, ids, merges)
            await _agree(community)
    return merges


async def _merge_or_part(
    community: Community, step: Step, ids: Mapping[str, UUID], merges: list[UUID]
) -> None:
    if step.kind == "part" and merges:
        await _part(community, merges.pop(step.number % len(merges)))
        return
    one, other = (ids[PEOPLE[n].title()] for n in (step.who, step.other))
    try:
        merges.append(await _merge(community, one, other))
    except (NotFound, Invalid):
        return  # one of them is another already


async def _agree(community: Community) -> None:
    assert await _rows(community, _DAYS) == await _rows(community, _PLAIN_DAYS)
    assert await _rows(community, _TOTALS) == await _rows(community, _PLAIN_TOTALS)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, backwards=st.booleans())
async def test_parted_again_everybody_has_what_they_would_have_had(
    owner: Actor, steps: list[Step], backwards: bool
) -> None:
    merged, plain = await _fresh(owner), await _fresh(owner)
    merges = await _live(merged, steps, merging_too=True)
    await _live(plain, steps, merging_too=False)
    for merge in reversed(merges) if backwards else merges:
        await _part(merged, merge)
        await _agree(merged)
    assert await _rows(merged, _WHOLE) == await _rows(plain, _WHOLE)


# the palette


async def test_the_palette_finds_members_and_messages(community: Community) -> None:
    await bring(community, said("m1", "Où est la clé ?", by="zoé"))
    async with unit_of_work(community.actor) as session:
        people = await find_anything(session, community.actor, community.workspace_id, "ZOE")
        words = await find_anything(session, community.actor, community.workspace_id, "cle")
        everywhere = await find_anything(session, community.actor, None, "zoe")
    assert [(hit.group, hit.title, hit.line) for hit in people] == [
        ("members", "Zoé", "@zoé:example.org")
    ]
    assert [(hit.group, hit.title, hit.line) for hit in words] == [
        ("messages", "Où est la clé ?", "Zoé")
    ]
    assert [hit.workspace_id for hit in everywhere] == [community.workspace_id]


async def test_the_palette_shows_members_only_to_those_who_may(community: Community) -> None:
    await bring(community, said("m1", "Où est la clé ?", by="zoé"))
    roles = {community.workspace_id: frozenset({Role.CLIENT})}
    client = replace(community.actor, agency_roles=frozenset(), workspaces=roles)
    async with unit_of_work(client) as session:
        assert await find_anything(session, client, community.workspace_id, "zoe") == ()
        assert await find_anything(session, client, community.workspace_id, "clé") == ()
