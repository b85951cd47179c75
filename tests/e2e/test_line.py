"""The line: a real community flows through CMHub, and only its own agency sees it."""

import email
import email.policy
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.served import Served, served
from tests.support.synapse import Member, Synapse
from tests.support.tab import Tab

pytestmark = pytest.mark.e2e
PASSWORD = "vingt chevaux calmes"
SOON = 2_000
LATER = 15_000


@dataclass(frozen=True, slots=True)
class Community:
    """A room on the homeserver: who runs it, who writes, and the account that CMHub uses."""

    server: Synapse
    room: str
    first: str
    anna: Member
    ben: Member
    bot: Member


@pytest.fixture(scope="module")
def community() -> Iterator[Community]:
    with Synapse() as server:
        anna, ben, bot = (server.register(name, PASSWORD) for name in ("anna", "ben", "cmhub"))
        anna.set_name("Anna Lévesque")
        ben.set_name("Ben O’Neill")
        room = anna.create_room("Randonnée", topic="Sentiers et refuges")
        for member in (ben, bot):
            member.join(room)
        anna.set_level(room, bot.user_id, 100)
        first = anna.send(room, "Quel refuge conseillez-vous en mai ?")
        yield Community(server, room, first, anna, ben, bot)


@pytest.fixture(scope="module")
def app(community: Community) -> Iterator[Served]:
    with served(community.server.authority) as one:
        yield one


def _page(browser: Browser, app: Served) -> Page:
    context = browser.new_context(
        base_url=app.url, locale="en-GB", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(LATER)
    return context.new_page()


def _mailed_link(app: Served, address: str) -> str:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        for path in sorted((app.folder / "outbox").glob("*.eml"), reverse=True):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if address in str(mail["To"]):
                body = mail.get_body(("plain",))
                assert body is not None
                found = re.search(r"https?://\S+/auth/confirm/\S+", body.get_content())
                assert found is not None
                return found.group()
        time.sleep(0.1)
    raise AssertionError(f"no mail to {address} came\n{app.logged()[-3000:]}")


def _sign_up(page: Page, app: Served, who: str, agency: str, client: str) -> None:
    address = f"{who}@{agency.lower()}.example"
    page.goto("/auth/sign-up/")
    page.get_by_label("Your name").fill(who.title())
    page.get_by_label("Agency").fill(agency)
    page.get_by_label("E-mail").fill(address)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Create").click()
    page.goto(_mailed_link(app, address))
    page.locator("button.primary").click()
    page.locator("#client").fill(client)
    page.locator("#name").fill(client)
    page.locator("form[action='/start/'] button.primary").click()
    expect(page.get_by_role("heading", name="Connect the first network")).to_be_visible()


@pytest.fixture(scope="module")
def lumen(browser: Browser, app: Served) -> Page:
    page = _page(browser, app)
    _sign_up(page, app, "ana", "Lumen", "Refuge Nord")
    return page


def test_an_agency_signs_up_and_makes_a_workspace(lumen: Page) -> None:
    assert lumen.url.endswith("/w/lumen/refuge-nord/connections/")
    lumen.get_by_role("link", name="Inbox").first.click()
    expect(lumen.get_by_text("Hear your community here")).to_be_visible()


def test_it_connects_a_real_homeserver(lumen: Page, community: Community) -> None:
    lumen.get_by_role("link", name="Connections").first.click()
    lumen.get_by_role("link", name="Connect Matrix").click()
    lumen.get_by_label("Homeserver").fill(community.server.url)
    lumen.get_by_label("User name").fill("cmhub")
    lumen.get_by_label("Password").fill("wrong")
    lumen.get_by_role("button", name="Connect account").click()
    expect(lumen.get_by_role("alert")).to_contain_text("password")
    lumen.get_by_label("Password").fill(PASSWORD)
    lumen.get_by_role("button", name="Connect account").click()
    lumen.get_by_label("Randonnée").check()
    lumen.get_by_role("button", name="Read these rooms").click()
    expect(lumen.get_by_text("Working")).to_be_visible(timeout=LATER)
    expect(lumen.get_by_text("History complete")).to_be_visible(timeout=LATER)


def test_messages_arrive_by_themselves(lumen: Page, community: Community) -> None:
    lumen.get_by_role("link", name="Inbox").first.click()
    expect(lumen.get_by_text("Quel refuge conseillez-vous en mai ?").first).to_be_visible()
    lumen.get_by_text("Quel refuge conseillez-vous en mai ?").first.click()
    thread = lumen.get_by_role("article")
    expect(thread.get_by_role("heading", name="Anna Lévesque")).to_be_visible()
    sent = time.monotonic()
    community.ben.send(
        community.room,
        "Celui du col, il ouvre le 2.",
        **{"m.relates_to": {"m.in_reply_to": {"event_id": community.first}}},
    )
    expect(thread.get_by_text("Celui du col, il ouvre le 2.")).to_be_visible(timeout=SOON)
    print(f"on the screen after {time.monotonic() - sent:.2f} s")


def test_a_reply_is_written_on_the_homeserver(lumen: Page, community: Community) -> None:
    thread = lumen.get_by_role("article")
    thread.get_by_label(re.compile("Reply on Matrix")).fill("Merci Ben, c’est exact.")
    thread.get_by_role("button", name="Send reply").click()
    _until(lambda: "Merci Ben, c’est exact." in _said(community))
    expect(thread.get_by_text("by Ana")).to_be_visible(timeout=LATER)
    assert _said(community).count("Merci Ben, c’est exact.") == 1


def _said(community: Community) -> list[str]:
    """What stands in the room, as one of its members reads it."""
    answer = community.anna.http.get(
        f"/_matrix/client/v3/rooms/{quote(community.room)}/messages",
        params={"dir": "b", "limit": 100},
        headers={"authorization": f"Bearer {community.anna.token}"},
    )
    chunk = answer.json()["chunk"]
    return [str(one["content"].get("body", "")) for one in chunk if one["type"] == "m.room.message"]


def _until(done: Callable[[], bool], seconds: float = 25) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if done():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come true in time")


def test_a_deletion_can_be_undone_and_else_happens_there_too(
    lumen: Page, community: Community
) -> None:
    community.ben.send(community.room, "Achetez mes sacs sur sacs-pas-chers.example")
    expect(lumen.get_by_text("Achetez mes sacs").first).to_be_visible(timeout=SOON)
    community.ben.send(community.room, "Et mes tentes aussi.")
    expect(lumen.get_by_role("button", name="1 new")).to_be_visible(timeout=SOON)
    lumen.get_by_role("button", name="1 new").click()
    expect(lumen.get_by_text("Et mes tentes aussi.").first).to_be_visible()
    lumen.get_by_text("Achetez mes sacs").first.click()
    thread = lumen.get_by_role("article")
    expect(thread.get_by_text("Achetez mes sacs")).to_be_visible()
    _delete(lumen)
    lumen.get_by_role("button", name="Undo").click()
    expect(lumen.get_by_text("Nothing was sent to the network")).to_be_visible()
    _delete(lumen)
    expect(thread.get_by_text("Message deleted")).to_be_visible(timeout=LATER + 5_000)
    _until(lambda: not any("sacs-pas-chers" in words for words in _said(community)))


def _delete(page: Page) -> None:
    page.get_by_label(re.compile("^Actions on the message of Ben")).click()
    page.get_by_role("button", name="Delete message").click()
    expect(page.get_by_text("Will be deleted", exact=True)).to_be_visible()


def test_a_member_is_muted_there_and_given_the_word_back(lumen: Page, community: Community) -> None:
    lumen.get_by_text("Et mes tentes aussi.").first.click()
    for name, level in (("Mute member", -1), ("Let member write again", 0)):
        lumen.get_by_label(re.compile("^Actions on the message of Ben")).first.click()
        lumen.get_by_role("button", name=name).click()
        _until(lambda wanted=level: _level(community, community.ben) == wanted)
        lumen.wait_for_timeout(1_000)


def _level(community: Community, member: Member) -> int:
    levels = community.bot.state(community.room, "m.room.power_levels")
    return int(levels["users"].get(member.user_id, levels.get("users_default", 0)))


def test_a_thread_is_done_and_taken_back(lumen: Page) -> None:
    lumen.keyboard.press("e")
    expect(lumen.get_by_text("The thread is done.")).to_be_visible()
    lumen.get_by_role("link", name=re.compile("^Done")).click()
    expect(lumen).to_have_url(re.compile("state=done"))
    expect(lumen.get_by_text("Ben O’Neill").first).to_be_visible()
    lumen.go_back()
    expect(lumen).not_to_have_url(re.compile("state=done"))
    expect(lumen.get_by_role("link", name=re.compile("^Open"))).to_have_attribute(
        "aria-current", "page"
    )


def test_history_comes_from_a_file(lumen: Page, app: Served, tmp_path: Path) -> None:
    lines = [
        json.dumps(
            {
                "id": f"h{number}",
                "channel": "forum",
                "author": {"id": f"m{number % 7}", "name": f"Membre {number % 7}"},
                "text": f"Souvenir nᵒ {number}",
                "posted_at": f"2026-{1 + number % 11:02}-0{1 + number % 9}T08:15:00+02:00",
            }
        )
        for number in range(120)
    ]
    lines.insert(3, "{not json")
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    place = ("--agency", "lumen", "--workspace", "refuge-nord")
    assert "120 imported, 0 known, 1 rejected" in app.cmhub("import", str(path), *place)
    assert "0 imported, 120 known, 1 rejected" in app.cmhub("import", str(path), *place)
    rejected = json.loads((tmp_path / "history.jsonl.rejected").read_text().splitlines()[0])
    assert rejected["line"] == 4
    assert "JSON" in rejected["reason"]
    lumen.goto("/w/lumen/refuge-nord/inbox/?state=done")
    expect(lumen.get_by_text("Souvenir nᵒ").first).to_be_visible()


def test_it_shows_the_activity_of_each_day(lumen: Page) -> None:
    lumen.get_by_role("link", name="Activity").first.click()
    lumen.get_by_role("link", name="90 days").click()
    expect(lumen.get_by_role("heading", name=re.compile("^The busiest day was"))).to_be_visible()
    lumen.get_by_text("Show as a table").click()
    expect(lumen.get_by_role("row")).to_have_count(91)
    expect(lumen.get_by_role("link", name=re.compile("^forum"))).to_be_visible()


def test_another_agency_sees_nothing_of_it(
    browser: Browser, app: Served, lumen: Page, community: Community
) -> None:
    page = _page(browser, app)
    _sign_up(page, app, "bob", "Harbor", "Pier")
    thread = _one_thread(app)
    for address in (
        "/w/lumen/refuge-nord/inbox/",
        f"/w/harbor/pier/inbox/?thread={thread}",
        "/w/harbor/refuge-nord/inbox/",
    ):
        page.goto(address)
        page.wait_for_timeout(800)
        seen = page.locator("body").inner_text()
        assert "refuge conseillez" not in seen
        assert "Randonnée" not in seen
    _try_events(app, page, thread)
    assert "Sneaked in" not in str(_said(community))
    page.context.close()


def _one_thread(app: Served) -> str:
    with psycopg.connect(_url(app, "postgres")) as connection:
        found = connection.execute(
            "select t.id from thread t join message m on m.thread_id = t.id"
            " where m.body like 'Quel refuge%'"
        ).fetchone()
    assert found is not None
    return str(found[0])


def _try_events(app: Served, page: Page, thread: str) -> None:
    cookies = page.context.cookies()
    cookie = "; ".join(f"{one.get('name')}={one.get('value')}" for one in cookies)
    state = "reflex___state____state.cmhub___state___inbox____inbox_state"
    for agency, workspace in (("harbor", "pier"), ("lumen", "refuge-nord")):
        path = f"/w/{agency}/{workspace}/inbox/?thread={thread}"
        params = {"agency_slug": agency, "workspace_slug": workspace, "thread": thread}
        tab = Tab(app.url, cookie, path=path, params=params)
        heard = tab.ask(f"{state}.load")
        heard += tab.ask(f"{state}.send", {"form": {"reply": "Sneaked in"}})
        heard += tab.ask(f"{state}.delete", {"message_id": thread})
        heard += tab.ask(f"{state}.set_thread_state", {"state": "done"})
        assert "refuge conseillez" not in heard
        assert "Anna" not in heard
        tab.close()


def _url(app: Served, role: str) -> str:
    log = app.cmhub("migrate")
    assert "database" in log
    from cmhub.embedded import start

    return start(app.folder).url(role, "cmhub")


def test_another_agency_gets_nothing_by_sql(app: Served) -> None:
    with psycopg.connect(_url(app, "postgres")) as owner:
        agencies = owner.execute(
            "select w.agency_id, w.id from workspace w join agency a using (agency_id)"
            " order by a.slug"
        ).fetchall()
    (harbor, pier), (lumen, nord) = agencies
    with psycopg.connect(_url(app, "cmhub_app")) as connection:
        for agency, workspaces in ((harbor, [pier]), (harbor, [pier, nord]), (lumen, [pier])):
            connection.execute(
                "select set_config('cmhub.agency_id', %s, true),"
                " set_config('cmhub.workspace_ids', %s, true)",
                (str(agency), "{" + ",".join(map(str, workspaces)) + "}"),
            )
            for table in ("message", "thread", "member", "connection", "member_day"):
                row = connection.execute(f"select count(*) from {table}").fetchone()
                assert row == (0,), (table, agency)
            connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from user_account")
        connection.rollback()


def test_a_fault_is_a_sentence_on_the_page(lumen: Page, community: Community) -> None:
    lumen.goto("/w/lumen/refuge-nord/connections/")
    expect(lumen.get_by_text("Working")).to_be_visible()
    community.server.stop()
    expect(lumen.get_by_text("In trouble")).to_be_visible(timeout=30_000)
    expect(lumen.locator(".fault")).to_contain_text("server")
