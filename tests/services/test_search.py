"""Search over messages: what finds what, in which order, and for whom."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from cmhub.actor import Actor, Role
from cmhub.db import doors, unit_of_work
from cmhub.errors import Forbidden, Invalid
from cmhub.integrations.networks.base import Event, IncomingDeletion, IncomingEdit
from cmhub.models import Member, Thread
from cmhub.services.inbox import set_thread_state
from cmhub.services.search import finding
from cmhub.services.search.excerpts import LENGTH, excerpt
from cmhub.services.search.finding import Search, SearchPage, search_messages
from cmhub.services.search.query import read_question
from cmhub.services.search.words import fold, tag_of, vector
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, said
from tests.support.tenants import Tenant, make_tenant


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    return await make_community(agency.owner, agency.workspace_id)


@pytest.fixture(params=["read one by one", "asked of the index"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both ways to a hit: that of common words, and that of rare ones."""
    monkeypatch.setattr(finding, "NEWEST", 4_000 if request.param == "read one by one" else 0)
    return iter([None])


async def _search(community: Community, words: str, **asked: object) -> SearchPage:
    return await _search_as(community.actor, community, words, **asked)


async def _search_as(actor: Actor, community: Community, words: str, **asked: object) -> SearchPage:
    wanted = replace(Search(words), **asked)  # pyright: ignore[reportArgumentType]
    async with unit_of_work(actor) as session:
        return await search_messages(session, actor, community.workspace_id, wanted)


def _said(page: SearchPage) -> list[str]:
    return ["".join(piece.text for piece in hit.excerpt) for hit in page.hits]


async def _found(community: Community, words: str, **asked: object) -> list[str]:
    return _said(await _search(community, words, **asked))


WORDS = [
    ("élève", "Un élève a écrit"),
    ("eleve", "Un élève a écrit"),
    ("élève", "Un eleve a ecrit"),
    ("ÉLÈVES", "Un élève a écrit"),
    ("eleve", "Un e\u0301le\u0300ve a écrit"),
    ("coeur", "De tout cœur"),
    ("cœur", "De tout coeur"),
    ("notice", "Où est l’élégante notice ?"),
    ("cheval", "Deux chevaux noirs"),
    ("running", "She runs every morning"),
    ("thanks", "Thank you so much"),
    ("naïve", "A naive question"),
    ("strasse", "Die Straße"),
    ("12", "Version 12 is out"),
    ("sign-in", "I cannot sign in"),
    ("pour", "C’est pourtant vrai"),
    ("merci pour", "Merci pour tout"),
    ('"perdu sa clé"', "Il a perdu sa clé"),
    ("notif", "Les notifications arrivent"),
    ('"sans accent"', "Écrit sans accent"),
    ("“tout cœur”", "De tout coeur"),
    ("« tout cœur »", "De tout coeur"),
    ("accent -grave", "Un accent aigu"),
    ("привет", "Привет всем"),
    ("les chevaux de la ferme", "Un cheval dans une ferme"),
]


NOT = [
    ('"accent sans"', "Écrit sans accent"),
    ("accent -grave", "Un accent grave"),
    ('accent -"tout grave"', "Un accent tout grave"),
    ("notice guide", "Où est la notice ?"),
    ("no", "Une notice"),
    ("notice ", "Les noticespeciales"),
    ("-grave", "Un accent aigu"),
    ("un", "Un accent aigu"),
    ('"clé perdu"', "Il a perdu sa clé"),
    ("", "Un accent aigu"),
    ("…!", "Un accent aigu"),
]


@pytest.mark.usefixtures("path")
async def test_it_finds_what_was_asked_for_and_nothing_else(community: Community) -> None:
    texts = list(dict.fromkeys(written for _, written in [*WORDS, *NOT]))
    await bring(community, *(said(f"m{n}", one) for n, one in enumerate(texts)))
    for asked, written in WORDS:
        assert " ".join(written.split()) in await _found(community, asked), asked
    for asked, written in NOT:
        assert written not in await _found(community, asked), asked
    assert sorted(await _found(community, "élève")) == [
        "Un eleve a ecrit", "Un e\u0301le\u0300ve a écrit", "Un élève a écrit",
    ]  # fmt: skip


async def test_it_says_when_there_was_no_word_to_look_for(community: Community) -> None:
    await bring(community, said("m1", "Un accent"))
    assert not (await _search(community, "-accent")).asked
    assert (await _search(community, "absent")).asked


async def test_the_language_of_a_message_decides_its_stems(community: Community) -> None:
    french = replace(said("m1", "Elle cherchait une maison"), language="fr")
    english = replace(said("m2", "We looked for houses"), language="en")
    await bring(community, french, english)
    assert await _found(community, "chercher") == ["Elle cherchait une maison"]
    assert await _found(community, "look house") == ["We looked for houses"]


async def test_a_hit_says_where_it_leads(community: Community) -> None:
    await bring(community, said("m1", "Une notice"), said("m2", "Merci", by="ben", to="m1"))
    page = await _search(community, "merci")
    hit = page.hits[0]
    async with unit_of_work(community.actor) as session:
        thread = (await session.scalars(select(Thread))).one()
    assert (hit.thread_id, hit.author, hit.channel) == (thread.id, "Ben", "General")
    assert [(piece.text, piece.marked) for piece in hit.excerpt] == [("Merci", True)]


# edits and deletions


async def test_an_edited_message_is_found_by_its_new_text(community: Community) -> None:
    await bring(community, said("m1", "Une ancienne phrase"))
    await bring(community, IncomingEdit("general", "m1", "Une phrase nouvelle", ago(seconds=5)))
    assert await _found(community, "ancienne") == []
    assert await _found(community, "nouvelle") == ["Une phrase nouvelle"]


async def test_a_deleted_message_is_not_found(community: Community) -> None:
    await bring(community, said("m1", "Une phrase"))
    await bring(community, IncomingDeletion("general", "m1", ago(seconds=5)))
    assert await _found(community, "phrase") == []


async def _stored(community: Community) -> list[tuple[str | None, str | None]]:
    """What each message is found by, and what it ought to be found by."""
    async with unit_of_work(community.actor) as session:
        rows = await session.execute(
            text("select channel_id, language, body, search::text, deleted_at from message")
        )
        found: list[tuple[str | None, str | None]] = []
        for row in rows.all():
            made = vector(community.workspace_id, row.channel_id, row.language, row.body)
            ought = await session.scalar(text("select cast(:v as tsvector)::text"), {"v": made})
            found.append((row.search, None if row.deleted_at else ought))
    return found


EVENTS: tuple[Event, ...] = (
    said("m1", "Une première phrase", at=ago(minutes=9)),
    IncomingEdit("general", "m1", "Une deuxième", ago(minutes=8)),
    IncomingEdit("general", "m1", "Une troisième", ago(minutes=7)),
    IncomingDeletion("general", "m2", ago(minutes=6)),
    said("m2", "Un autre message", at=ago(minutes=9)),
)


@pytest.mark.parametrize("order", list(permutations(range(5)))[::11])
async def test_what_is_found_follows_what_is_there_in_any_order(
    agency: NewAgency, order: tuple[int, ...]
) -> None:
    community = await make_community(agency.owner, agency.workspace_id)
    for one in order:
        await bring(community, EVENTS[one])
    for found, ought in await _stored(community):
        assert found == ought
    assert await _found(community, "troisieme") == ["Une troisième"]
    assert await _found(community, "message") == []


# filters, order, pages


@pytest.mark.usefixtures("path")
async def test_filters_narrow_it_down(community: Community) -> None:
    await bring(
        community,
        said("m1", "Bonjour un", at=datetime(2026, 3, 1, 22, 59, tzinfo=UTC)),
        said("m2", "Bonjour deux", by="ben", at=datetime(2026, 3, 1, 23, 1, tzinfo=UTC)),
        said("m3", "Bonjour trois", by="team", channel="help", at=ago(minutes=3)),
    )
    day = datetime(2026, 3, 1, tzinfo=UTC).date()
    async with unit_of_work(community.actor) as session:
        ben = await session.scalar(select(Member.id).where(Member.name == "Ben"))
        last = await session.scalar(select(Thread.id).where(Thread.root == "m3"))
        assert last is not None
        await set_thread_state(session, community.actor, community.workspace_id, last, "done")
    help_channel = community.channels["help"]
    assert await _found(community, "bonjour", until=day) == ["Bonjour un"]
    assert await _found(community, "bonjour", since=day + timedelta(1), side="members") == [
        "Bonjour deux"
    ]
    assert await _found(community, "bonjour", channel_id=help_channel) == ["Bonjour trois"]
    assert await _found(community, "bonjour", member_id=ben) == ["Bonjour deux"]
    assert await _found(community, "bonjour", member_id=ben, side="team") == []
    assert await _found(community, "bonjour", side="team") == ["Bonjour trois"]
    assert await _found(community, "bonjour", side="members") == ["Bonjour deux", "Bonjour un"]
    assert await _found(community, "bonjour", state="done") == ["Bonjour trois"]
    assert await _found(community, "bonjour", member_id=UUID(int=1)) == []


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("order", finding.ORDERS)
async def test_pages_show_every_hit_once(community: Community, order: str) -> None:
    moment = ago(hours=1)
    await bring(
        community,
        *(
            said(
                f"m{n}", f"Bonjour {'bonjour ' * (n % 3)}{n}", at=moment + timedelta(seconds=n // 2)
            )
            for n in range(50)
        ),
    )
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page = await _search(community, "bonjour", order=order, after=after)
        seen += _said(page)
        after = page.after
    assert after == ""
    assert len(seen) == len(set(seen)) == 50
    if order == "best":
        assert [one.lower().count("bonjour") for one in seen] == sorted(
            (1 + n % 3 for n in range(50)), reverse=True
        )


async def test_common_and_rare_words_meet_at_the_edge(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ten messages are read one by one, the others come from the index: none twice, none left out.
    monkeypatch.setattr(finding, "NEWEST", 10)
    await bring(
        community, *(said(f"m{n}", f"Bonjour {n}", at=ago(minutes=50 - n)) for n in range(40))
    )
    first = await _search(community, "bonjour")
    second = await _search(community, "bonjour", after=first.after)
    assert _said(first) + _said(second) == [f"Bonjour {n}" for n in reversed(range(40))]


@pytest.mark.parametrize(
    "asked", [{"order": "x"}, {"side": "x"}, {"state": "x"}, {"after": "x"}, {"after": "2026~1"}]
)
async def test_it_refuses_filters_that_are_none(
    community: Community, asked: dict[str, object]
) -> None:
    with pytest.raises(Invalid):
        await _search(community, "bonjour", **asked)


# who may


async def test_it_needs_the_right_to_read_the_inbox(community: Community) -> None:
    roles = {community.workspace_id: frozenset({Role.CLIENT})}
    client = replace(community.actor, agency_roles=frozenset(), workspaces=roles)
    with pytest.raises(Forbidden):
        await _search_as(client, community, "bonjour")


@pytest.fixture(scope="module")
async def tenants(pool: None) -> tuple[Tenant, Tenant]:
    return await make_tenant(), await make_tenant()


_ASK = text("""
    select message_id from find_messages(:asked, :place, :authors, '-infinity', 'infinity',
        'ffffffff-ffff-ffff-ffff-ffffffffffff', null, null, :newest, 1000, 1000)
""")


async def _knock(session: object, place: UUID, newest: int, **given: object) -> list[object]:
    values = {"asked": f"'{tag_of(place)}notic'", "place": place, "authors": None, "newest": newest}
    return list(await session.scalars(_ASK, {**values, **given}))  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("newest", [0, 4_000])
async def test_the_door_opens_to_ones_own_workspaces_only(
    tenants: tuple[Tenant, Tenant], newest: int
) -> None:
    ours, theirs = tenants
    async with unit_of_work(ours.actor) as session:
        assert len(await _knock(session, ours.first.id, newest)) == 1
        assert len(await _knock(session, ours.second.id, newest)) == 1
        assert await _knock(session, theirs.first.id, newest) == []
    strangers = [
        ours.second.alone,
        theirs.actor,
        replace(ours.actor, workspaces={}),
        replace(theirs.actor, workspaces=ours.actor.workspaces),
    ]
    for stranger in strangers:
        async with unit_of_work(stranger) as session:
            assert await _knock(session, ours.first.id, newest) == []
    async with doors() as session:
        assert await _knock(session, ours.first.id, newest) == []


@pytest.mark.parametrize("newest", [0, 4_000])
async def test_no_question_leads_past_the_tenant(
    tenants: tuple[Tenant, Tenant], newest: int
) -> None:
    # Whatever lexemes somebody forges: those of others, of all, or of authors elsewhere.
    ours, theirs = tenants
    async with unit_of_work(ours.first.alone) as session:
        own = set(await _knock(session, ours.first.id, newest, asked="!'nothing'"))
        assert len(own) == 2, "or nothing is there to be found"
        for asked in (f"'{tag_of(theirs.first.id)}':*", f"'{tag_of(ours.second.id)}':*"):
            assert set(await _knock(session, ours.first.id, newest, asked=asked)) <= own
    async with unit_of_work(theirs.actor) as session:
        author = await session.scalar(select(Member.id).where(Member.name == "Ben"))
    async with unit_of_work(ours.actor) as session:
        assert await _knock(session, ours.first.id, newest, authors=[author]) == []


async def test_a_broken_question_says_nothing_of_what_is_there(
    tenants: tuple[Tenant, Tenant],
) -> None:
    with pytest.raises(DBAPIError, match="syntax error in tsquery"):
        async with unit_of_work(tenants[0].actor) as session:
            await _knock(session, tenants[0].first.id, 0, asked="' | (")


# reading and marking


@given(st.text(max_size=300))
def test_any_text_can_be_asked_and_indexed(words: str) -> None:
    place = UUID(int=7)
    question = read_question(words)
    assert question.empty or question.written(tag_of(place))
    assert vector(place, place, None, words)
    assert fold(fold(words)) == fold(words)


@given(st.text(max_size=600), st.text(max_size=30))
def test_an_excerpt_is_a_part_of_the_message(body: str, words: str) -> None:
    made = excerpt(body, read_question(words))
    shown = "".join(piece.text for piece in made)
    line = " ".join(body.split())
    assert len(shown) <= LENGTH + 2
    assert shown.strip("…") in line


async def test_any_text_goes_through_the_database(community: Community) -> None:
    strange = [
        "' : & | ! ( ) <->",
        "\\ ' \\\\",
        "a:b'c\\d:*",
        "½ ﬁ ß İ ǅ ٣",
        "x" * 5000,
        "bonjour " * 9000,
        "-\"-'«",
    ]
    await bring(community, *(said(f"m{n}", one) for n, one in enumerate(strange)))
    for one in strange:
        await _search(community, one)
    assert await _found(community, "b") == ["a:b'c\\d:*"]
