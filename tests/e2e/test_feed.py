"""From a post on Reddit to a card in the browser, its votes, and what became of its forecast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from dankmeme.settings import Settings
from dankmeme.storage import follow_ups, open_storage
from dankmeme.storage.follow_ups import Due
from tests.e2e import reckoning
from tests.e2e.browsing import DESKTOP, PHONE, WAIT, a_page, faults
from tests.e2e.community import AGES, LEDGER, OLD, add, fill, outcome
from tests.e2e.serving import TOKEN, GrowingReddit, Site, serving, sign_in
from tests.scraping.world import World
from tests.sources.fake_lemmy import FakeLemmy
from tests.sources.pictures import Pictures

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
DANKMEMES = "reddit dankmemes new"
SCHEDULES = "; ".join(f"reddit {community} adaptive" for community in ("dankmemes", "economy", "history"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, workers_find_the_code: None) -> Iterator[Site]:
    """A server that has read three communities, predicted every picture, and knows outcomes in one of them."""
    with ExitStack() as servers:
        reddit = servers.enter_context(GrowingReddit({}))
        lemmy = servers.enter_context(FakeLemmy({"memes": []}))
        host, hidden = servers.enter_context(Pictures()), servers.enter_context(Pictures())
        here = World(tmp_path_factory.mktemp("feed"), reddit, lemmy, host, hidden)
        fill(here)
        site = servers.enter_context(serving(here, schedules=SCHEDULES))
        site.until(site.predicted, "all is predicted")
        _two_days_later(site)
        site.until(lambda: site.post("reddit:again")["post"]["repost_of"], "the copy is found")
        yield site


def _two_days_later(site: Site) -> None:
    """Take the scores of r/economy at the hour at which they are due, long before it comes."""
    wanted = [Due(f"reddit:economy{number:02}", 48.0) for number in range(LEDGER)]
    scores = {each.post: outcome(number) for number, each in enumerate(wanted)}
    due = max(row[0] for row in site.here.rest.rows("SELECT due_utc FROM follow_ups WHERE hours = 48"))
    with open_storage(Settings(home=site.here.home)) as storage:
        assert follow_ups.take(storage.database, wanted, scores, due) == LEDGER


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with a_page(browser, site.url) as page:
        yield page


def card(page: Page, name: str) -> Locator:
    return page.locator(f'[data-post="reddit:{name}"]')


def cards(page: Page) -> Locator:
    return page.get_by_test_id("post")


def shown(page: Page) -> list[str]:
    """The ids of the posts on the page."""
    found: list[str] = page.evaluate("[...document.querySelectorAll('[data-post]')].map((card) => card.dataset.post)")
    return found


def percent(fraction: float) -> str:
    return f"{int(fraction * 100 + 0.5)}\u00a0%"


def test_a_card_shows_the_post_and_what_both_models_and_the_verdict_say(page: Page, site: Site) -> None:
    post = site.post("reddit:words")["post"]
    page.goto("/latest?q=monday")
    expect(cards(page)).to_have_count(1)
    words = card(page, "words")
    expect(words.get_by_role("heading", name="Every Monday")).to_be_visible()
    expect(words).to_contain_text("dankmemes")
    expect(words).to_contain_text("5 points")
    word = {"dank": "Dank", "not dank": "Not dank"}.get(post["verdict"]["label"], "Can't tell")
    expect(words.get_by_test_id("headline")).to_contain_text(re.compile(word, re.IGNORECASE))
    expect(words).to_contain_text(f"Above {percent(post['verdict']['percentile'])}")
    cnn, automl = (post["models"][model]["probability"] for model in ("cnn", "automl"))
    expect(words.get_by_test_id("both-models")).to_contain_text(f"Picture alone {percent(cnn)}")
    expect(words.get_by_test_id("both-models")).to_contain_text(f"With caption {percent(automl)}")


def test_titles_are_text_galleries_are_counted_and_what_is_not_safe_is_blurred(page: Page) -> None:
    page.goto("/latest?community=dankmemes")
    expect(card(page, "bold").get_by_role("heading", name="<b>Bold</b> & “brave” 🍞")).to_be_visible()
    expect(card(page, "three").get_by_label("Marks")).to_have_text("3 pictures")
    blurred = card(page, "nsfw").locator("img[data-blurred]")
    expect(blurred).to_have_count(1)
    card(page, "nsfw").get_by_test_id("reveal").click()
    expect(blurred).to_have_count(0)
    card(page, "three").get_by_role("link", name="Three in a row").click()
    page.get_by_role("button", name="Next picture").click()
    expect(page.get_by_role("img", name="Picture 2 of 3")).to_be_visible()


def test_a_re_encoded_copy_is_marked_as_repost_and_leads_to_the_original(page: Page) -> None:
    page.goto("/latest?q=toast")
    expect(cards(page)).to_have_count(2)
    expect(card(page, "toast").get_by_test_id("repost")).to_have_count(0)
    expect(card(page, "again").get_by_label("Marks")).to_have_text("Repost")
    card(page, "again").get_by_test_id("repost").get_by_role("link", name="Fresh toast").click()
    expect(page.get_by_role("heading", name="Fresh toast", level=1)).to_be_visible()
    expect(page.get_by_test_id("duplicates")).to_contain_text("Toast, again")
    page.get_by_test_id("duplicates").get_by_role("link").click()
    expect(page.get_by_test_id("duplicates")).to_contain_text("The original. Looks the same, 2 h ago")


def test_votes_are_counted_remembered_changed_and_taken_back(page: Page, site: Site, browser: Browser) -> None:
    page.goto("/latest?q=bold")
    yes, no = (card(page, "bold").locator(f'[data-vote="{choice}"]') for choice in ("dank", "not dank"))
    vote(page, yes)
    expect(yes).to_contain_text("Yes 1")
    page.reload()
    expect(yes).to_have_attribute("aria-pressed", "true")
    with a_page(browser, site.url) as other:
        other.goto("/latest?q=bold")
        theirs = card(other, "bold").locator('[data-vote="dank"]')
        expect(theirs).to_contain_text("Yes 1")
        expect(theirs).to_have_attribute("aria-pressed", "false")
    vote(page, no)
    expect(no).to_contain_text("No 1")
    expect(yes).to_contain_text("Yes 0")
    vote(page, no)
    page.reload()
    expect(no).to_have_attribute("aria-pressed", "false")
    expect(no).to_contain_text("No 0")
    expect(yes).to_contain_text("Yes 0")


def vote(page: Page, button: Locator) -> None:
    with page.expect_response(lambda response: response.url.endswith("/vote")) as answer:
        button.click()
    assert answer.value.ok


def test_words_of_titles_and_of_captions_are_found(page: Page) -> None:
    page.goto("/latest")
    page.get_by_test_id("search").fill("once")
    expect(page).to_have_url(re.compile(r"/latest\?q=once$"))
    expect(cards(page)).to_have_count(1)
    expect(card(page, "words")).to_be_visible()
    page.get_by_test_id("search").fill("nothing of the kind")
    page.get_by_test_id("none").get_by_role("button", name="Clear filters").click()
    expect(page).to_have_url(re.compile(r"/latest$"))
    expect(cards(page).first).to_be_visible()


def test_filters_and_order_stand_in_the_address_and_survive_a_reload(page: Page, site: Site) -> None:
    page.goto("/latest")
    page.get_by_test_id("sort").select_option("dankest")
    page.get_by_test_id("filters").click()
    page.get_by_label("Community").select_option("economy")
    page.get_by_label("Whose forecast counts").select_option("cnn")
    expect(page).to_have_url(re.compile(r"sort=dankest"))
    chance = {post["id"]: post["models"]["cnn"]["probability"] for post in site.posts(community="economy")}
    for _ in range(2):
        expect(page).to_have_url(re.compile(r"community=economy.*model=cnn"))
        expect(page.get_by_test_id("sort")).to_have_value("dankest")
        expect(page.locator('[data-post^="reddit:economy"]').first).to_be_visible()
        expect(page.locator('[data-post]:not([data-post^="reddit:economy"])')).to_have_count(0)
        found = [chance[each] for each in shown(page)]
        assert found[0] == max(chance.values())
        assert found == sorted(found, reverse=True)
        page.reload()


def test_the_feed_goes_on_to_its_end_with_every_post_once(page: Page) -> None:
    page.goto("/latest?community=economy")
    end = page.get_by_text("That was all of them")
    expect(cards(page)).to_have_count(24)
    while not end.is_visible():
        before = cards(page).count()
        cards(page).last.scroll_into_view_if_needed()
        page.wait_for_function("(n) => document.querySelectorAll('[data-post]').length > n", arg=before)
        expect(page.get_by_text(re.compile("That was all|Load more"))).to_be_visible()
    assert shown(page) == [f"reddit:economy{number:02}" for number in reversed(range(LEDGER))]


def test_keys_go_from_card_to_card_and_vote(page: Page) -> None:
    page.goto("/latest?community=history")
    expect(cards(page).first).to_be_visible()
    for key in "jjk":
        page.keyboard.press(key)
    expect(cards(page).first).to_be_focused()
    page.keyboard.press("j")
    second = cards(page).nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("d")
    expect(second.locator('[data-vote="dank"]')).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("n")
    expect(second.locator('[data-vote="not dank"]')).to_contain_text("No 1")
    expect(second.locator('[data-vote="dank"]')).to_contain_text("Yes 0")


def test_new_posts_are_announced_and_come_when_asked_for(page: Page, site: Site) -> None:
    page.goto("/latest")
    expect(cards(page)).to_have_count(24)
    add(site.here, "fresh", "Fresh from the oven")
    add(site.here, "hot", "Hot from the oven")
    site.read(DANKMEMES)
    button = page.get_by_test_id("new-memes")
    expect(button).to_have_text("2 new memes", timeout=WAIT)
    expect(cards(page)).to_have_count(24)
    button.click()
    expect(cards(page)).to_have_count(26)
    assert set(shown(page)[:2]) == {"reddit:fresh", "reddit:hot"}
    expect(card(page, "fresh").get_by_test_id("headline")).not_to_contain_text("thinking", timeout=WAIT)


def test_a_post_s_page_shows_every_prediction_and_its_score(page: Page, site: Site) -> None:
    known = site.post("reddit:words")
    page.goto("/posts/reddit%3Awords")
    expect(page.get_by_text("WHEN THE TESTS PASS AT ONCE")).to_be_visible()
    rows = page.get_by_test_id("predictions").locator("tbody tr")
    expect(rows).to_have_count(3)
    names = {"cnn": "Picture alone", "automl": "With caption", "verdict": "The verdict"}
    assert {each["model"] for each in known["predictions"]} == set(names)
    for each in known["predictions"]:
        row = rows.filter(has_text=names[each["model"]])
        expect(row).to_contain_text(percent(each["forecast"]["probability"]))
        expect(row).to_contain_text(each["version"])
    expect(page.get_by_test_id("score-chart")).to_be_visible()
    expect(page.get_by_test_id("outcomes").locator("tbody tr")).to_have_count(len(AGES))
    expect(page.get_by_test_id("outcomes")).to_contain_text("Due in")
    expect(page.get_by_role("link", name="www.reddit.com")).to_have_attribute("rel", "noopener noreferrer")


def test_an_admin_tries_out_and_adds_a_community_whose_posts_appear(page: Page, site: Site) -> None:
    here = site.here
    post = here.lemmy.post(1, name="A lemming", url=here.picture("l-one"), published=1_700_000_000, score=4)
    here.lemmy.communities["memes"].append(post)
    here.outcomes[f"lemmy:{here.lemmy.place}:1"] = ("/l-one.jpg",)
    page.goto("/communities")
    page.get_by_test_id("to-sign-in").click()
    page.get_by_test_id("token").fill("not the token at all")
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_text("That is not the token")).to_be_visible()
    page.get_by_test_id("token").fill(TOKEN)
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("schedule")).to_have_count(3)
    page.get_by_test_id("where").fill(here.memes)
    page.get_by_test_id("try").click()
    expect(page.get_by_test_id("trial")).to_contain_text("A lemming")
    page.get_by_test_id("add").click()
    expect(page.get_by_test_id("schedule").filter(has_text=here.memes)).to_be_visible()
    page.goto("/latest?source=lemmy")
    site.until(lambda: site.posts(source="lemmy"), "its post is in the feed")
    page.reload()
    expect(page.get_by_role("heading", name="A lemming")).to_be_visible()


def test_of_two_memes_the_danker_one_is_picked_with_an_arrow_key(page: Page, site: Site) -> None:
    page.goto("/danker")
    expect(page.get_by_test_id("ring")).to_be_visible()
    for reveal in page.get_by_test_id("ring").get_by_test_id("reveal").all():
        reveal.click()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("You have judged 1 pair.")).to_be_visible()
    site.until(lambda: site.here.rest.rows("SELECT count(*) FROM pairs") == [(1,)], "it is kept")


def test_a_picture_that_is_in_the_feed_is_recognised_on_the_first_page(page: Page, site: Site) -> None:
    copy = FilePayload(name="copy.jpg", mimeType="image/jpeg", buffer=site.here.body("/again.jpg"))
    page.goto("/")
    page.get_by_test_id("file-input").set_input_files(copy)
    expect(page.get_by_text(re.compile("Seen before: 2 posts"))).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Fresh toast").click()
    expect(page.get_by_role("heading", name="Fresh toast", level=1)).to_be_visible()


def test_the_ledger_agrees_with_a_hand_calculation(page: Page, site: Site) -> None:
    ledger = site.client.get("/api/v1/ledger").json()
    live, replayed = ledger["sides"]
    posts = sorted(site.posts(community="economy"), key=lambda post: post["created_utc"])
    page.goto("/ledger")
    for version in live["versions"]:
        forecasts = [_forecast(post, version["model"]) for post in posts]
        truth = reckoning.by_hand(forecasts, [outcome(number) for number in range(LEDGER)])
        assert (version["posts"], version["enough"]) == (LEDGER, True)
        assert version["base_rate"] == pytest.approx(truth.base_rate, abs=1e-9)
        figures = {"auc": truth.auc, "pair_accuracy": truth.pair_accuracy, "brier": truth.brier}
        assert {name: version[name]["value"] for name in figures} == pytest.approx(figures, abs=1e-9)
        assert all(version[name]["low"] <= figures[name] <= version[name]["high"] for name in figures)
        low = version["reliability"][0]
        assert low == pytest.approx(reckoning.lowest_bin(forecasts, truth.dank, low["posts"]), abs=1e-6)
        assert sum(each["posts"] for each in version["reliability"]) == LEDGER
        for figure in map(_three_decimals, figures.values()):
            expect(page.get_by_test_id("live").get_by_text(figure, exact=True).first).to_be_visible()
    assert {each["model"] for each in live["versions"]} == {"cnn", "automl", "verdict"}
    assert {(each["posts"], each["enough"], each["auc"]) for each in replayed["versions"]} == {(OLD, False, None)}
    too_little = page.get_by_test_id("replayed").get_by_text(f"Too little to say: {OLD} of 50 posts have an outcome")
    expect(too_little).to_have_count(3)
    expect(page.get_by_test_id("replayed").locator("svg")).to_have_count(0)


def _three_decimals(figure: float) -> str:
    return str(Decimal(figure).quantize(Decimal("0.001"), ROUND_HALF_UP))


def _forecast(post: dict[str, Any], model: str) -> float:
    said = post["verdict"] if model == "verdict" else post["models"][model]
    return float(said["probability"])


def test_axe_finds_nothing_to_mend_on_any_page_by_day_at_a_desk_or_by_night_on_a_phone(
    browser: Browser, site: Site
) -> None:
    found: dict[str, list[str]] = {}
    with a_page(browser, site.url, bypass_csp=True) as page:
        for address, sign in PAGES:
            if address == "/communities":
                sign_in(page)
            page.set_viewport_size(DESKTOP)
            page.emulate_media(color_scheme="light")
            page.goto(address)
            expect(page.locator(sign).first).to_be_visible()
            found[address] = faults(page)
            page.set_viewport_size(PHONE)
            page.emulate_media(color_scheme="dark")
            expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
            found[address] += faults(page)
    assert found == {address: [] for address, _ in PAGES}


PAGES = [
    ("/latest?community=dankmemes", "[data-testid=repost]"),
    ("/posts/reddit%3Aagain", "[data-testid=predictions]"),
    ("/danker", "[data-testid=ring]"),
    ("/ledger", "[data-testid=ledger-version]"),
    ("/status", "[data-testid=health]"),
    ("/signin", "[data-testid=token]"),
    ("/communities", "[data-testid=schedule]"),
]
"""Each page, and by what one sees that it is there."""


@pytest.mark.parametrize("hours", AGES)
def test_a_score_is_taken_when_its_post_has_the_age(page: Page, site: Site, hours: int) -> None:
    name = f"reddit:h{hours}"
    site.until(lambda: _states(site, name)[hours] == "taken", f"the score at {hours} h is taken")
    assert [_states(site, name)[age] for age in AGES if age < hours] == ["missed"] * AGES.index(hours)
    page.goto(f"/posts/{name.replace(':', '%3A')}")
    taken = page.get_by_test_id("outcomes").locator('tr[data-state="taken"]')
    expect(taken).to_have_count(1)
    expect(taken).to_contain_text(re.compile(rf"^{hours}\W?h{100 + hours}"))
    assert site.post(name)["post"]["score"] == 100 + hours


def _states(site: Site, name: str) -> dict[float, str]:
    return {each["hours"]: each["state"] for each in site.post(name)["outcomes"]}
