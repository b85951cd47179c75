"""What is said in the demo's communities: by whom, when, and with which stories."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest

from cmhub.sandbox.community.clients import COMMUNITIES
from cmhub.sandbox.community.hands import HANDS, HASTY, THUMBED, written
from cmhub.sandbox.community.past import Post, past
from cmhub.sandbox.community.places import HISTORY_DAYS, Community, people
from cmhub.sandbox.community.scripts import is_of_phase, phrases, script
from cmhub.sandbox.community.stories import at, holiday
from cmhub.sandbox.community.telling import Deck

NOW = datetime(2026, 3, 18, 20, tzinfo=UTC)
BY_KEY = {community.key: community for community in COMMUNITIES}
BURNING = ("seralune", "ledgerlark")
CALM = ("sentiers", "aubrelle", "sorlin", "gannet", "furrow")
everywhere = pytest.mark.parametrize("community", COMMUNITIES, ids=lambda one: one.key)


def told(community: Community, now: datetime = NOW, days: int = HISTORY_DAYS) -> list[Post]:
    return [
        post
        for section in community.sections
        for post in past(community, section, now.date(), now - timedelta(days=days), now)
    ]


def threads(posts: Iterable[Post]) -> list[list[Post]]:
    found: dict[str, list[Post]] = {}
    for post in posts:
        found.setdefault(post.thread, []).append(post)
    return list(found.values())


def per_day(posts: Iterable[Post], newest: int, oldest: int) -> float:
    """Return how many posts a day brought between two numbers of days ago."""
    chosen = [one for one in posts if newest <= (NOW - one.at) / timedelta(days=1) < oldest]
    return len(chosen) / (oldest - newest)


def share(ones: list[list[Post]], fits: Callable[[list[Post]], bool]) -> float:
    return mean(fits(one) for one in ones)


def is_answered(thread: list[Post]) -> bool:
    return any(one.author is None for one in thread)


def begun(posts: list[Post], newest: float, oldest: float) -> list[list[Post]]:
    moments = (NOW - timedelta(days=oldest), NOW - timedelta(days=newest))
    return [one for one in threads(posts) if moments[0] <= one[0].at < moments[1]]


def test_every_day_is_told_the_same_again() -> None:
    from cmhub.sandbox.community import past as module

    first = [told(community) for community in COMMUNITIES]
    module._told.cache_clear()  # pyright: ignore[reportPrivateUsage]
    assert [told(community) for community in COMMUNITIES] == first


@everywhere
def test_a_later_day_adds_and_changes_nothing(community: Community) -> None:
    section, later = community.sections[0], NOW + timedelta(days=20)
    start = NOW - timedelta(days=20)
    before = past(community, section, NOW.date(), start, NOW)
    after = past(community, section, NOW.date(), start, later)
    assert [one for one in after if one.at < NOW] == before
    assert any(one.at >= NOW for one in after)


@everywhere
def test_there_are_180_days_and_nothing_is_of_the_future(community: Community) -> None:
    posts = told(community)
    assert 700 <= len(posts) <= 5000
    assert (NOW - min(one.at for one in posts)) > timedelta(days=HISTORY_DAYS - 3)
    assert max(one.at for one in posts) < NOW
    assert len({one.id for one in posts}) == len(posts)


@everywhere
def test_a_reader_of_fifty_threads_sees_no_template(community: Community) -> None:
    newest = sorted(threads(told(community)), key=lambda one: one[0].at)[-50:]
    said = Counter(one.text for thread in newest for one in thread)
    openings = {thread[0].text.casefold()[:40] for thread in newest}
    assert len(openings) >= 38
    long = {text: n for text, n in said.items() if len(text) > 60}
    assert max(long.values()) <= 4
    assert len({len(thread) for thread in newest}) >= 3


@everywhere
def test_no_text_is_left_unfilled_or_empty(community: Community) -> None:
    for post in told(community):
        assert post.text.strip()
        assert "{" not in post.text
        assert "}" not in post.text


def test_the_week_and_the_day_have_their_rhythm() -> None:
    commuters, players = told(BY_KEY["sorlin"]), told(BY_KEY["brume"])
    for posts, low, high in ((commuters, 0, 0.6), (players, 1.1, 3)):
        roots = [one for one in posts if one.number == 0 and not one.gone]
        days = Counter(one.at.astimezone(ZoneInfo("Europe/Paris")).weekday() for one in roots)
        weekend = (days[5] + days[6]) / 2
        assert low < weekend / mean(days[day] for day in range(5)) < high
    hours = Counter(one.at.astimezone(ZoneInfo("Europe/Paris")).hour for one in commuters)
    assert hours[7] + hours[8] + hours[17] + hours[18] > 8 * hours[2]
    assert holiday(date(2026, 12, 25)) < holiday(date(2026, 12, 10))


@pytest.mark.parametrize("key", CALM)
def test_where_it_is_calm_the_team_answers_soon_and_not_everything(key: str) -> None:
    asked = begun(told(BY_KEY[key]), 3, 90)
    assert 0.2 < share(asked, is_answered) < 0.9
    waits = [
        (next(one.at for one in thread if one.author is None) - thread[0].at) / timedelta(hours=1)
        for thread in asked
        if is_answered(thread)
    ]
    assert median(waits) < 24


@pytest.mark.parametrize("key", BURNING)
def test_one_client_burns(key: str) -> None:
    posts = told(BY_KEY[key])
    assert share(begun(posts, 12, 40), is_answered) > 0.25
    assert share(begun(posts, 0, 9), is_answered) < 0.06
    assert per_day(posts, 0, 5) > 1.5 * per_day(posts, 20, 60)
    quarrel = max(threads(posts), key=len)
    assert len(quarrel) >= 10
    assert (NOW - quarrel[0].at) < timedelta(days=6)


def test_one_had_a_wave_of_spam_that_was_taken_away() -> None:
    posts = told(BY_KEY["brume"])
    wave = [one for one in posts if one.gone and 11 < (NOW - one.at) / timedelta(days=1) < 20]
    assert len(wave) > 100
    assert len({one.author.user for one in wave if one.author}) < len(wave) / 2
    for community in COMMUNITIES:
        before = [one for one in told(community) if one.gone]
        assert 2 <= len(before) < 60 or community.key == "brume"


@pytest.mark.parametrize("key", ["tamis", "fenwatch"])
def test_one_rises_after_its_campaign(key: str) -> None:
    posts = told(BY_KEY[key])
    assert per_day(posts, 0, 14) > 2 * per_day(posts, 40, 120)
    came = Counter(one.since < 32 for one in people(BY_KEY[key]) if one.since <= HISTORY_DAYS)
    assert came[True] > came[False]


def test_one_falls_silent_when_its_helpers_go() -> None:
    community = BY_KEY["reparer"]
    posts = told(community)
    assert per_day(posts, 0, 14) < 0.3 * per_day(posts, 100, 180)
    helpers = people(community)[:6]
    assert all(one.until > 20 for one in helpers)
    late = [one for one in posts if one.author in helpers and one.at > NOW - timedelta(days=20)]
    assert late == []


@everywhere
def test_people_come_stay_and_leave(community: Community) -> None:
    came = [one for one in people(community) if one.since <= HISTORY_DAYS]
    assert len(came) >= 25
    assert 0.2 < mean(one.until > 0 for one in came) < 0.8
    assert len({one.user for one in people(community)}) == community.story.people


def test_a_few_helpers_answer_most_of_what_members_answer() -> None:
    posts = told(BY_KEY["sentiers"])
    answers = Counter(
        one.author.user for thread in threads(posts) for one in thread[1:] if one.author
    )
    top = sum(n for _, n in answers.most_common(8))
    assert 0.3 < top / answers.total() < 0.8


def test_a_curve_is_straight_between_its_points() -> None:
    curve = ((180, 1.0), (10, 1.0), (0, 3.0))
    assert [at(curve, ago) for ago in (300, 180, 60, 10, 5, 0, -7)] == [1, 1, 1, 1, 2, 3, 3]


def test_a_deck_shows_every_card_before_one_comes_again() -> None:
    from random import Random

    deck = Deck("abcdef", Random(1))
    assert sorted(deck.draw() for _ in range(6)) == list("abcdef")


def test_hands_differ_and_say_the_same() -> None:
    from random import Random

    text = "Quelqu'un a toujours le même problème aujourd'hui."
    for hand in HANDS:
        shown = written(text, hand, "fr", Random(3))
        assert shown
        assert len(shown) >= len(text) // 2
    assert written(text, HASTY, "fr", Random(3)) == text[0].lower() + text[1:-1]
    assert "tjrs" in {
        word for seed in range(9) for word in written(text, THUMBED, "fr", Random(seed)).split()
    }
    assert written("I'll go.", HASTY, "en", Random(3)) == "I'll go"


@everywhere
def test_every_channel_has_enough_to_talk_about(community: Community) -> None:
    for section in community.sections:
        talk = script(community.key).channels[section.key]
        assert len(talk.topics) >= 12
        assert any(topic.remark for topic in talk.topics)
    assert {"greet", "thanks", "spam"} <= set(phrases(community.language))


def test_what_is_said_of_a_trouble_is_known_in_any_hand() -> None:
    text = "Deuxième pot, deuxième fois que c'est granuleux. J'ai écrit au service client."
    assert is_of_phase("seralune", text)
    assert is_of_phase("seralune", text.translate(str.maketrans("èé", "ee")).lower())
    assert not is_of_phase("seralune", "Vous livrez en point relais à Nantes ?")
