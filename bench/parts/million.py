"""A workspace with a million messages, written straight into the tables."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar
from uuid import UUID, uuid4

import psycopg

from cmhub.crypto import fingerprint
from cmhub.embedded import Cluster
from cmhub.services.search.words import tag_of, vector

CHANNELS = 5
# Ids in the order of time, as ours are.
_ID = "('00000000-0000-7000-8000-' || lpad(to_hex({}), 12, '0'))::uuid"
_HEAD = "%(agency)s, %(workspace)s"
_BEGAN = "now() - (%(threads)s - i) * interval '5 minutes'"


@dataclass(frozen=True, slots=True)
class Filled:
    """Where it is, and the cookies of users who may enter it."""

    agency_id: UUID
    workspace_id: UUID
    agency_slug: str
    workspace_slug: str
    channels: tuple[UUID, ...]
    tokens: tuple[str, ...]
    messages: int = 1_000_000

    assignee_id: ClassVar[UUID] = UUID(int=7)
    rare_label: ClassVar[UUID] = UUID(int=1)
    common_label: ClassVar[UUID] = UUID(int=2)


def fill(
    cluster: Cluster,
    *,
    users: int,
    members: int = 20_000,
    threads: int = 200_000,
    spoken: bool = False,
) -> Filled:
    """Write five messages a thread: a twentieth of the threads is open, a tenth waits.

    With ``spoken`` they are texts in French and English that search finds.
    """
    made = Filled(
        uuid4(), uuid4(), "bench", "million",
        tuple(UUID(int=n) for n in range(1, CHANNELS + 1)),
        tuple(f"token-of-user-{n}" for n in range(users)),
        threads * 5,
    )  # fmt: skip
    with psycopg.connect(cluster.superuser_url) as connection:
        # Keys are right by construction; checking three of each message takes longer than the rest.
        connection.execute("set session_replication_role = replica")
        _house(connection, made)
        _community(connection, made, members, threads)
        if spoken:
            _speak(connection, made)
        _desk(connection, made)
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute("vacuum (analyze) member, thread, message, label, thread_label")
        connection.execute("analyze")
    return made


def _house(connection: psycopg.Connection, made: Filled) -> None:
    run = connection.execute
    keys = [made.agency_id, made.workspace_id]
    run("insert into agency (agency_id, name, slug, created_at) values (%s, 'Bench', %s, now())",
        [made.agency_id, made.agency_slug])  # fmt: skip
    run("insert into agency_slug (slug, agency_id) values (%s, %s)",
        [made.agency_slug, made.agency_id])  # fmt: skip
    run("insert into workspace (agency_id, id, slug, name, client, time_zone, created_at)"
        " values (%s, %s, %s, 'Million', '', 'Europe/Paris', now())",
        [*keys, made.workspace_slug])  # fmt: skip
    for number, token in enumerate(made.tokens):
        user = uuid4()
        run("insert into user_account (id, email, name, language, time_zone, password_hash,"
            " confirmed_at, created_at)"
            " values (%s, %s, 'Ana', 'en', 'Europe/Paris', '', now(), now())",
            [user, f"ana{number}@example.org"])  # fmt: skip
        run("insert into user_session (id, user_id, token_hash, device, address, created_at,"
            " last_seen_at, idle_until, expires_at) values (%s, %s, %s, '', '', now(), now(),"
            " now() + interval '1 day', now() + interval '1 day')",
            [uuid4(), user, fingerprint(token)])  # fmt: skip
        run("insert into membership (agency_id, id, user_id, role, created_at)"
            " values (%s, %s, %s, 'owner', now())",
            [made.agency_id, uuid4(), user])  # fmt: skip
    network = uuid4()
    run("insert into connection (agency_id, workspace_id, id, network, label, address, account,"
        " account_name, state, failures, fault_params, created_at)"
        " values (%s, %s, %s, 'matrix', '', '', '', '', 'active', 0, '{}', now())",
        [*keys, network])  # fmt: skip
    for number, channel in enumerate(made.channels):
        run("insert into channel (agency_id, workspace_id, id, connection_id, external_id, name,"
            " topic, kind, chosen, may_moderate, history_done, history_attempts, created_at)"
            " values (%s, %s, %s, %s, %s, %s, '', 'community', true, true, true, 0, now())",
            [*keys, channel, network, f"#channel{number}", f"channel {number}"])  # fmt: skip


def _community(connection: psycopg.Connection, made: Filled, members: int, threads: int) -> None:
    given = {
        "agency": made.agency_id,
        "workspace": made.workspace_id,
        "members": members,
        "threads": threads,
        "channels": list(made.channels),
        "assignee": made.assignee_id,
    }
    connection.execute(
        f"""
        insert into member (agency_id, workspace_id, id, name, bot, team, created_at)
        select {_HEAD}, {_ID.format("i")}, 'Member ' || i, false, i %% 500 = 0, now()
        from generate_series(0, %(members)s - 1) i
        """.encode(),
        given,
    )
    connection.execute(
        f"""
        insert into thread (agency_id, workspace_id, id, channel_id, root, state, state_at,
            started_at, starter_id, last_at, last_message_id, message_count, waiting_since,
            assignee_id, assignee_name, language, note_count)
        select {_HEAD}, {_ID.format("i")}, (%(channels)s)[1 + (i + i / 20) %% {CHANNELS}],
            '$message' || i * 5, case when i %% 20 = 0 then 'open' when i %% 20 < 3 then 'waiting'
            else 'done' end, {_BEGAN}, {_BEGAN}, {_ID.format("i * 7 %% %(members)s")},
            {_BEGAN} + interval '40 minutes', {_ID.format("i * 5 + 4")}, 5,
            case when i %% 20 = 0 then {_BEGAN} + interval '40 minutes' end,
            case when i %% 13 = 0 then %(assignee)s::uuid end, case when i %% 13 = 0 then 'Ana' end,
            case when i %% 97 = 0 then 'fr' else 'en' end, case when i %% 101 = 0 then 1 else 0 end
        from generate_series(0, %(threads)s - 1) i
        """.encode(),
        given,
    )
    connection.execute(
        f"""
        insert into message (agency_id, workspace_id, id, channel_id, thread_id, member_id,
            identity_id, external_id, body, posted_at, ingested_at)
        select {_HEAD}, {_ID.format("i * 5 + n")}, (%(channels)s)[1 + (i + i / 20) %% {CHANNELS}],
            {_ID.format("i")}, {_ID.format("(i * 7 + n * 131) %% %(members)s")},
            {_ID.format("(i * 7 + n * 131) %% %(members)s")},
            '$message' || i * 5 + n,
            'Since this morning I cannot sign in on my phone, thread ' || i || ' message ' || n
            || repeat('; does anybody else see it too', 1 + (i + n) %% 4),
            {_BEGAN} + n * interval '10 minutes', now()
        from generate_series(0, %(threads)s - 1) i, generate_series(0, 4) n
        """.encode(),
        given,
    )


def _desk(connection: psycopg.Connection, made: Filled) -> None:
    """Put a rare label on one thread in a hundred, and a common one on one in five."""
    keys = [made.agency_id, made.workspace_id]
    for label, every in ((made.rare_label, 103), (made.common_label, 5)):
        connection.execute(
            "insert into label (agency_id, workspace_id, id, name, key, color, created_at)"
            " values (%s, %s, %s, %s, %s, 'blue', now())",
            [*keys, label, f"label {every}", f"label {every}"],
        )
        connection.execute(
            "insert into thread_label (agency_id, workspace_id, thread_id, label_id)"
            " select agency_id, workspace_id, id, %s from (select t.*, row_number() over"
            " (order by id) n from thread t where agency_id = %s and workspace_id = %s) t"
            " where n %% %s = 0",
            [label, *keys, every],
        )


# Of all messages, how many have a word; the rest is filled with words that get rarer and rarer.
SHARES = {"merci": 0.1, "thanks": 0.08, "password": 0.01, "élève": 0.005, "remboursement": 0.0005}
RARE = ("xylophone", "brouette")
_TEXTS = 50_000


def _texts(seed: int) -> list[tuple[str, str]]:
    """Texts with their language; a rare word stands in one of them."""
    random = Random(seed)
    syllables = ("ba", "cé", "di", "fo", "lu", "mar", "ne", "pi", "ron", "sé", "ta", "vel")
    words = sorted(
        {"".join(random.choices(syllables, k=random.randint(2, 4))) for _ in range(20_000)}
    )
    random.shuffle(words)
    found: list[tuple[str, str]] = []
    for number in range(_TEXTS):
        count = min(60, 4 + int(random.expovariate(1 / 12)))
        said = [words[int(len(words) * random.random() ** 4)] for _ in range(count)]
        said += [word for word, share in SHARES.items() if random.random() < share]
        if number < len(RARE):
            said.append(RARE[number])
        random.shuffle(said)
        found.append((" ".join(said), "fr" if number % 2 else "en"))
    return found


def _speak(connection: psycopg.Connection, made: Filled) -> None:
    nowhere = UUID(int=0)
    tag = tag_of(made.workspace_id)
    connection.execute(
        "create temp table speech (i integer primary key, body text, language text, v tsvector)"
    )
    with connection.cursor().copy("copy speech from stdin") as copy:
        for number, (body, language) in enumerate(_texts(7)):
            written = vector(made.workspace_id, nowhere, language, body)
            copy.write_row((number, body, language, written))
    connection.execute("drop index message_search_idx")
    connection.execute(
        f"""
        update message m set body = t.body, language = t.language,
            search = t.v || cast(%s || '#' || right(m.channel_id::text, 8) as tsvector)
        from speech t where t.i = ('x' || right(m.id::text, 7))::bit(28)::int %% {_TEXTS}
        """.encode(),
        [tag],
    )
    connection.execute("create index message_search_idx on message using gin (search)")
