from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dankmeme.api import feed_schemas
from dankmeme.training import ledger as module
from dankmeme.training.evaluate import Figure, auc, bootstrapped, brier, calibration_error, pair_accuracy
from dankmeme.training.labels import NEIGHBOURS, ends, neighbour_percentile
from dankmeme.training.ledger import (
    Entry,
    Interval,
    Ledger,
    LedgerVersion,
    Rows,
    auc_figure,
    brier_figure,
    calibration_figure,
    ledger,
    outcome_percentiles,
    over_time,
    pair_figure,
    reliability,
)

HOUR = 3600.0


def entries(
    forecasts: Sequence[float] | np.ndarray,
    scores: Sequence[float] | np.ndarray,
    *,
    community: str = "memes",
    block: str | None = None,
    version: str = "1",
    live: bool = True,
    prefix: str = "post",
) -> list[Entry]:
    """One an hour."""
    return [
        Entry(
            model="cnn",
            version=version,
            post=f"{prefix}:{community}:{number:05d}",
            community=community,
            block=block,
            created=HOUR * number,
            forecast=float(forecast),
            score=float(score),
            live=live,
        )
        for number, (forecast, score) in enumerate(zip(forecasts, scores, strict=True))
    ]


def only(found: Ledger, side: int = 0) -> LedgerVersion:
    (version,) = found.sides[side].versions
    return version


def drawn(seed: int, count: int = 90, communities: int = 3, levels: int = 12) -> Rows:
    """Rows with equal forecasts among them."""
    chance = np.random.default_rng(seed)
    outcome = chance.integers(0, 101, count) / 100
    forecast = np.round(np.clip(0.6 * outcome + 0.4 * chance.random(count), 0, 1) * levels) / levels
    return Rows(HOUR * np.arange(count, dtype=np.float64), forecast, outcome, chance.integers(0, communities, count))


def skilled(count: int, seed: int = 0, strength: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """Forecasts that are the true probability of the top 30 %, and scores."""
    chance = np.random.default_rng(seed)
    known, rest = strength * chance.normal(size=count), math.sqrt(1 - strength**2)
    scores = known + rest * chance.normal(size=count)
    forecasts = [0.5 * math.erfc((0.5244005 - each) / rest / math.sqrt(2)) for each in known]
    return np.array(forecasts), scores


# Twelve posts by hand

#                 A     B     A     A     B     B     A     A     B     B     A     B
BY_HAND = Rows(
    created=np.arange(12.0),
    forecast=np.array([0.80, 0.30, 0.40, 0.40, 0.20, 0.50, 0.60, 0.10, 0.70, 0.10, 0.30, 0.20]),
    outcome=np.array([0.90, 0.10, 0.20, 0.75, 0.80, 0.50, 0.50, 0.05, 0.95, 0.28, 0.60, 0.40]),
    group=np.array([0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1]),
)


def test_auc_by_hand() -> None:
    # Dank: forecasts 0.8, 0.4, 0.2, 0.7. Not dank: 0.3, 0.4, 0.1, 0.1. The first wins 4 of its 4 pairs, the second 3
    # and a tie, the third 2, the last 4.
    found = auc_figure(BY_HAND)
    assert found is not None
    assert found.value == (4 + 3.5 + 2 + 4) / 16


def test_pairs_by_hand() -> None:
    # A's outcomes 0.90 0.20 0.75 0.50 0.05 0.60 met forecasts 0.8 0.4 0.4 0.6 0.1 0.3: of 15 pairs 4 are less than 0.2
    # apart (first and third, second and fifth, third and last, fourth and last); lost are second–last and third–fourth,
    # a tie is second–third; 8 are won.
    # B's 0.10 0.80 0.50 0.95 0.28 0.40 met 0.3 0.2 0.5 0.7 0.1 0.2: too close are first–fifth, second–fourth,
    # third–last and fifth–last; lost are first–second, first–last and second–third; a tie is second–last; 7 are won.
    found = pair_figure(BY_HAND)
    assert found is not None
    assert found.value == (8 + 0.5 + 7 + 0.5) / (11 + 11)
    assert pair_figure(BY_HAND, needed=22) == found
    assert pair_figure(BY_HAND, needed=23) is None


def test_brier_by_hand() -> None:
    dank = 0.2**2 + 0.6**2 + 0.8**2 + 0.3**2
    others = 0.3**2 + 0.4**2 + 0.5**2 + 0.6**2 + 0.1**2 + 0.1**2 + 0.3**2 + 0.2**2
    found = brier_figure(BY_HAND)
    assert found is not None
    assert found.value == pytest.approx((dank + others) / 12)


def test_a_bin_by_hand() -> None:
    # Below: 0.1 0.1 0.2 0.2 0.3 0.3, one of them dank. Above: 0.4 0.4 0.5 0.6 0.7 0.8, three of them.
    below, above = reliability(BY_HAND, bins=2)
    assert [below.forecast, above.forecast] == pytest.approx([0.2, 3.4 / 6])
    assert [below.observed, above.observed] == [1 / 6, 0.5]
    assert below.posts == above.posts == 6
    # Wilson: 1.96 · √(6 · ½ · ½ + 1.96² / 4) / (6 + 1.96²) = 0.3124 on both sides of a half.
    assert [above.low, above.high] == pytest.approx([0.1876, 0.8124], abs=1e-4)
    assert calibration_figure(BY_HAND, bins=2).value == pytest.approx((6 * (0.2 - 1 / 6) + 6 * (3.4 / 6 - 0.5)) / 12)


# The quick figures are the slow ones


def same(found: Interval | None, slow: Figure) -> None:
    assert found is not None
    assert found.value == pytest.approx(slow.value, abs=1e-12)
    held = [min(slow.low, slow.value), max(slow.high, slow.value)]
    assert [found.low, found.high] == pytest.approx(held, abs=1e-12)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(50, 130))
def test_auc_and_its_interval_are_those_of_the_slow_way(seed: int, count: int) -> None:
    rows = drawn(seed, count)
    dank, not_dank = ends(rows.outcome)

    def figure(picked: np.ndarray) -> float:
        kept = picked[(dank | not_dank)[picked]]
        return auc(dank[kept], rows.forecast[kept])

    same(auc_figure(rows), bootstrapped(figure, count))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 130))
def test_brier_and_calibration_error_are_those_of_the_slow_way(seed: int, count: int) -> None:
    rows = drawn(seed, count)
    dank, _ = ends(rows.outcome)
    same(brier_figure(rows), bootstrapped(lambda picked: brier(dank[picked], rows.forecast[picked]), count))
    same(
        calibration_figure(rows),
        bootstrapped(lambda picked: calibration_error(dank[picked], rows.forecast[picked]), count),
    )


def pairs_of(rows: Rows) -> Iterator[tuple[int, int, float]]:
    """Each clear pair and its points, by looking at all."""
    for group in np.unique(rows.group):
        members = np.flatnonzero(rows.group == group).tolist()
        for (at, one), (later, other) in itertools.combinations(enumerate(members), 2):
            gap = rows.outcome[other] - rows.outcome[one]
            if later - at <= 20 and abs(gap) >= 0.2:
                yield one, other, (np.sign(gap) * np.sign(rows.forecast[other] - rows.forecast[one]) + 1) / 2


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 90), st.integers(1, 4))
def test_pairs_and_their_interval_are_those_of_the_slow_way(seed: int, count: int, communities: int) -> None:
    rows = drawn(seed, count, communities)
    pairs = list(pairs_of(rows))
    block = np.empty(count, dtype=int)
    for number, part in enumerate(np.array_split(np.arange(count), 40)):
        block[part] = number

    def figure(picked: np.ndarray) -> float:
        copies = np.bincount(picked, minlength=count).tolist()
        met = [copies[one] * (copies[other] if block[one] != block[other] else 1) for one, other, _ in pairs]
        return float(np.average([won for _, _, won in pairs], weights=met))

    same(pair_figure(rows), bootstrapped(figure, count))


@pytest.mark.parametrize("seed", range(4))
def test_pairs_of_one_community_agree_with_the_evaluator(seed: int) -> None:
    rows = drawn(seed, 400, communities=1)
    found = pair_figure(rows)
    assert found is not None
    assert found.value == pytest.approx(pair_accuracy(rows.outcome, rows.forecast), abs=1e-12)


@pytest.mark.parametrize("count", [60, 1_000])
def test_the_interval_on_pairs_is_about_as_wide_as_pairs_scatter(count: int) -> None:
    found = [pair_figure(drawn(seed, count, communities=1)) for seed in range(60)]
    scatter = np.std([each.value for each in found if each is not None])
    width = np.mean([each.high - each.low for each in found if each is not None])
    assert width == pytest.approx(2 * 1.96 * scatter, rel=0.3)


def test_telling_communities_apart_wins_no_pair() -> None:
    rows = drawn(0, 300, communities=2)
    known = pair_figure(replace(rows, outcome=rows.outcome / 2 + rows.group / 2, forecast=rows.group.astype(float)))
    assert known is not None
    assert known.value == known.low == known.high == 0.5


def test_what_cannot_be_measured_is_none_and_never_not_a_number() -> None:
    rows = drawn(1, 60)
    assert auc_figure(replace(rows, outcome=np.full(60, 0.9))) is None
    assert auc_figure(replace(rows, outcome=np.full(60, 0.5))) is None
    assert pair_figure(replace(rows, outcome=np.full(60, 0.5))) is None
    assert pair_figure(replace(rows, group=np.arange(60))) is None
    lone = auc_figure(replace(rows, outcome=np.where(np.arange(60) == 7, 0.9, 0.1)))
    assert lone is not None
    assert all(map(math.isfinite, (lone.value, lone.low, lone.high)))


# Outcomes


def test_the_outcome_is_the_rank_among_the_neighbours_of_the_community_as_a_label_is() -> None:
    chance = np.random.default_rng(0)
    scores = {name: chance.integers(0, 60, count) for name, count in [("memes", 650), ("me_irl", 20)]}
    posts = [each for name, of in scores.items() for each in entries(np.zeros(len(of)), of, community=name)]
    percentiles = outcome_percentiles(posts, live=True)
    for name, of in scores.items():
        found = [percentiles[f"post:{name}:{number:05d}"] for number in range(len(of))]
        assert found == neighbour_percentile(of, NEIGHBOURS).tolist()


def test_twenty_posts_by_hand() -> None:
    scores = [*range(18), 17, 17]
    percentiles = list(outcome_percentiles(entries(scores, scores), live=True).values())
    assert percentiles == [*(number / 19 for number in range(17)), 18 / 19, 18 / 19, 18 / 19]


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_neither_the_order_of_the_rows_nor_another_version_changes_an_outcome(chance: object) -> None:
    posts = [replace(each, created=HOUR * (number // 7)) for number, each in enumerate(entries(range(60), range(60)))]
    mixed = [*posts, *(replace(each, version="2", forecast=0.1) for each in posts[::3])]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert outcome_percentiles(mixed, live=True) == outcome_percentiles(posts, live=True)


def test_scores_compare_only_within_a_block() -> None:
    low, high = (
        entries(range(30), np.arange(30) * times, block=block, prefix=block) for times, block in [(1, "a"), (9, "b")]
    )
    percentiles = outcome_percentiles([*low, *high], live=True)
    assert [percentiles[each.post] for each in low] == [percentiles[each.post] for each in high]
    assert outcome_percentiles([*low, *high[:19]], live=True).keys() == {each.post for each in low}


def test_a_community_of_fewer_than_twenty_gives_no_outcome() -> None:
    assert outcome_percentiles(entries(range(19), range(19)), live=True) == {}
    assert len(outcome_percentiles(entries(range(20), range(20)), live=True)) == 20
    assert outcome_percentiles([], live=True) == {}


def test_a_post_counts_once_however_often_it_is_named() -> None:
    posts = entries(range(19), range(19))
    assert outcome_percentiles(posts * 2, live=True) == {}
    forecasts, scores = skilled(200)
    once = entries(forecasts, scores)
    assert ledger(once * 2, 1.0) == ledger(once, 1.0)


# The whole


def test_perfect_forecasts_win_every_pair() -> None:
    scores = np.random.default_rng(0).permutation(300)
    posts = entries(np.zeros(300), scores)
    outcome = outcome_percentiles(posts, live=True)
    found = only(ledger([replace(each, forecast=float(outcome[each.post] >= 0.7)) for each in posts], 1.0))
    assert found.auc == Interval(1, 1, 1)
    assert found.brier == found.calibration_error == Interval(0, 0, 0)
    by_score = only(ledger([replace(each, forecast=outcome[each.post]) for each in posts], 1.0))
    assert by_score.pair_accuracy == Interval(1, 1, 1)


def test_shuffled_forecasts_win_half() -> None:
    hits = []
    for seed in range(10):
        forecasts, scores = skilled(1_500, seed=seed)
        shuffled = np.random.default_rng(seed).permutation(forecasts)
        found, honest = (only(ledger(entries(each, scores), 1.0)) for each in (shuffled, forecasts))
        for figure, better in [(found.auc, honest.auc), (found.pair_accuracy, honest.pair_accuracy)]:
            assert figure is not None
            assert better is not None
            assert figure.high < better.low
            hits.append(figure.low <= 0.5 <= figure.high)
    assert sum(hits) >= 17


def test_live_and_replayed_are_never_mixed() -> None:
    forecasts, scores = skilled(300)
    live = entries(forecasts, scores)
    replayed = entries(1 - forecasts, scores * 1_000, live=False)
    both, one, other = (ledger(each, 1.0) for each in ([*live, *replayed], live, replayed))
    assert [side.kind for side in both.sides] == ["live", "replayed"]
    assert both.sides == [one.sides[0], other.sides[1]]
    assert one.sides[1].versions == other.sides[0].versions == []
    assert outcome_percentiles([*live, *replayed], live=False) == outcome_percentiles(replayed, live=False)


def test_versions_are_listed_in_order_and_measured_on_the_same_outcomes() -> None:
    forecasts, scores = skilled(300)
    posts = entries(forecasts, scores)
    few = [replace(each, version="2") for each in posts[:60]]
    rival = [replace(each, model="automl", forecast=1 - each.forecast) for each in posts]
    versions = ledger([*few, *posts, *rival], 5.0).sides[0].versions
    assert [(each.model, each.version, each.posts) for each in versions] == [
        ("automl", "1", 300),
        ("cnn", "1", 300),
        ("cnn", "2", 60),
    ]
    worse, better, _ = versions
    assert worse.auc is not None
    assert better.auc is not None
    assert worse.auc.value == pytest.approx(1 - better.auc.value)
    outcome = outcome_percentiles(posts, live=True)
    assert versions[2].base_rate == pytest.approx(np.mean([outcome[each.post] >= 0.7 for each in few]))


def test_too_little_data_gives_no_figures_but_a_reason() -> None:
    found = only(ledger(entries(range(49), range(49)), 1.0))
    assert found == LedgerVersion(
        "cnn", "1", posts=49, enough=False, message="49 of 50 posts have an outcome", reliability=[], over_time=[]
    )
    assert only(ledger(entries(range(50), range(50)), 1.0)).enough
    assert ledger([], 7.0) == Ledger([module.LedgerSide("live", []), module.LedgerSide("replayed", [])], 7.0)


def test_a_version_of_one_post_is_said_in_plain_words() -> None:
    many = entries(range(30), range(30), version="0")
    found = ledger([*many, replace(many[3], version="1")], 1.0).sides[0].versions[1]
    assert found.message == "1 of 50 posts has an outcome"


def test_a_tiny_community_is_the_reason_where_it_is() -> None:
    tiny = [each for name in "abc" for each in entries(range(19), range(19), community=name)]
    found = only(ledger(tiny, 1.0))
    assert found.posts == 0
    assert found.message == (
        "0 of 50 posts have an outcome; "
        "57 more can't have one, as their communities have fewer than 20 posts to compare"
    )


def test_a_tiny_community_beside_a_large_one_leaves_its_figures_alone() -> None:
    large = entries(*skilled(200))
    tiny = entries([0.99] * 19, [0.0] * 19, community="tiny")
    assert ledger([*large, *tiny], 1.0) == ledger(large, 1.0)


def test_posts_that_all_did_alike_are_too_little() -> None:
    found = only(ledger(entries(np.linspace(0, 1, 80), [3] * 80), 1.0))
    assert not found.enough
    assert found.message == "of 80 posts with an outcome 0 turned out dank and 0 not dank; it takes 10 of each"


@pytest.mark.parametrize(("best", "worst"), [(10, 10), (9, 10), (10, 9)])
def test_figures_take_ten_posts_at_each_end(best: int, worst: int) -> None:
    scores = [2] * best + [0] * worst + [1] * 60
    assert only(ledger(entries(scores, scores), 1.0)).enough == (best == worst == 10)


def test_equal_forecasts_are_one_bin_and_know_nothing() -> None:
    found = only(ledger(entries([0.3] * 120, np.random.default_rng(0).permutation(120)), 1.0))
    assert found.auc == found.pair_accuracy == Interval(0.5, 0.5, 0.5)
    assert [each.posts for each in found.reliability] == [120]


def test_calibrated_forecasts_lie_on_the_diagonal() -> None:
    forecasts, scores = skilled(4_000)
    found = only(ledger(entries(forecasts, scores), 1.0))
    assert [each.posts for each in found.reliability] == [400] * 10
    assert sum(each.low <= each.forecast <= each.high for each in found.reliability) >= 9
    assert found.base_rate == pytest.approx(0.3, abs=0.02)
    boastful = only(ledger(entries(np.sqrt(forecasts), scores), 1.0))
    assert not any(each.low <= each.forecast <= each.high for each in boastful.reliability)
    assert found.calibration_error is not None
    assert boastful.calibration_error is not None
    assert found.calibration_error.high < 0.05 < boastful.calibration_error.low


def test_a_bin_of_five_is_kept_and_a_smaller_one_merged() -> None:
    assert [each.posts for each in reliability(replace(drawn(0, 10), forecast=np.arange(10) / 10))] == [5, 5]
    assert [each.posts for each in reliability(replace(drawn(0, 9), forecast=np.arange(9) / 9))] == [9]


@given(st.lists(st.integers(0, 12), min_size=5, max_size=200))
def test_bins_hold_every_post_once_in_order_and_split_no_forecast(levels: list[int]) -> None:
    forecast = np.array(levels) / 12
    rows = Rows(np.arange(len(levels), dtype=np.float64), forecast, 1 - forecast, np.zeros(len(levels), dtype=np.intp))
    bins = reliability(rows)
    assert len(bins) <= 10
    assert sum(each.posts for each in bins) == len(levels)
    assert all(each.posts >= 5 for each in bins)
    assert all(0 <= each.low <= each.observed <= each.high <= 1 for each in bins)
    edges = np.cumsum([each.posts for each in bins])[:-1]
    assert np.all(np.sort(forecast)[edges] > np.sort(forecast)[edges - 1])


@pytest.mark.parametrize(("count", "spans"), [(49, 0), (99, 1), (100, 2), (130, 2), (599, 11), (600, 12), (5_000, 12)])
def test_spans_are_of_equally_many_posts_in_order_of_time(count: int, spans: int) -> None:
    found = over_time(drawn(0, count))
    assert len(found) == spans
    assert all(each.posts >= 50 for each in found)
    if spans:
        assert sum(each.posts for each in found) == count
        assert max(each.posts for each in found) - min(each.posts for each in found) <= 1
        assert (found[0].from_utc, found[-1].until_utc) == (0, HOUR * (count - 1))
        assert all(one.until_utc < other.from_utc for one, other in itertools.pairwise(found))
        assert found[0].auc == auc_figure(drawn(0, count)[: found[0].posts])


def test_a_span_with_hardly_any_dank_post_has_no_auc_of_its_own() -> None:
    outcome = np.full(100, 0.1)
    outcome[[*range(9), *range(50, 60)]] = 0.9
    quiet, usual = over_time(replace(drawn(0, 100), outcome=outcome))
    assert quiet.auc is None
    assert quiet.pair_accuracy is not None
    assert usual.auc is not None


def test_a_span_with_hardly_any_pair_has_no_accuracy_on_pairs() -> None:
    rows = drawn(0, 60)
    found = over_time(replace(rows, outcome=(np.arange(60) % 2).astype(np.float64), group=np.arange(60) // 2))
    assert [each.pair_accuracy for each in found] == [None]
    assert found[0].auc is not None


def test_a_decline_shows_over_time() -> None:
    forecasts, scores = skilled(2_400)
    forecasts[1_200:] = np.random.default_rng(0).permutation(forecasts[1_200:])
    spans = only(ledger(entries(forecasts, scores), 1.0)).over_time
    values = [each.auc.value for each in spans if each.auc is not None]
    assert len(values) == 12
    assert min(values[:6]) > max(values[6:])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_rows_that_are_no_numbers_are_left_out(value: float) -> None:
    posts = entries(*skilled(120))
    first = replace(posts[0], post="broken")
    broken = [replace(first, forecast=value), replace(first, score=value), replace(first, created=value)]
    assert ledger([*posts, *broken], 1.0) == ledger(posts, 1.0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 160), st.integers(1, 5), st.integers(1, 20))
def test_any_ledger_is_one_the_api_can_answer(seed: int, count: int, communities: int, levels: int) -> None:
    chance = np.random.default_rng(seed)
    posts = [
        replace(each, post=f"{number}", community=f"{chance.integers(communities)}", live=bool(chance.integers(2)))
        for number, each in enumerate(
            entries(chance.integers(0, levels + 1, count) / levels, chance.integers(0, 9, count))
        )
    ]
    found = asdict(ledger(posts, 1.0))
    json.dumps(found, allow_nan=False)
    answer = feed_schemas.LedgerAnswer.model_validate({**found, "hours": 48, "follow_ups": []})
    for side in answer.sides:
        for version in side.versions:
            assert version.enough == (version.message is None) == (version.brier is not None)
            for figure in (version.auc, version.pair_accuracy, version.brier, version.calibration_error):
                assert figure is None or figure.low <= figure.value <= figure.high


@pytest.mark.parametrize(
    ("answer", "plain"),
    [
        (feed_schemas.Interval, module.Interval),
        (feed_schemas.BinAnswer, module.Bin),
        (feed_schemas.SpanAnswer, module.Span),
        (feed_schemas.LedgerVersionAnswer, module.LedgerVersion),
        (feed_schemas.LedgerSideAnswer, module.LedgerSide),
    ],
)
def test_the_api_answers_field_by_field(answer: type, plain: type) -> None:
    assert list(answer.model_fields) == [each.name for each in fields(plain)]  # type: ignore[attr-defined]
