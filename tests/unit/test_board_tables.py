"""What the tables of a section of the leaderboard show, on made-up runs."""

import pytest
from board_runs import boarded, images, run, score, tables

from guidedseg.evaluation.standings import Leaderboard
from guidedseg.reporting.board import formats
from guidedseg.reporting.tables.table import Table


@pytest.fixture(scope="module")
def plain() -> Leaderboard:
    """One run of the reference."""
    return boarded(run(images()))


# Side by side


def side_by_side(of: Leaderboard, rule: str = "strict", metric: str = "dice") -> Table:
    """The first table of the only section."""
    (page,) = formats.pages(of, rule, metric)
    return page.tables[0]


def test_a_page_has_title_remarks_and_three_tables(plain):
    (page,) = formats.pages(plain, "strict", "dice")
    assert page.title.startswith("Section 1: phantom, data v1, split ")
    assert page.remarks == ["Test images: 20; patients: 10."]
    assert [table.name for table in page.tables] == [
        "section1_side_by_side",
        "section1_ranking",
        "section1_differences",
    ]
    printed = formats.text(plain, "strict", "dice")
    places = [printed.index(f"\n{title}. ") for title in ("Side by side", "Ranking", "What guiding brings")]
    assert places == sorted(places)


def test_networks_stand_in_the_papers_order_with_their_branches_and_the_difference():
    result = boarded(*(run(images(), model=model) for model in ("skunet", "deeplabv3", "unetpp")))
    table = side_by_side(result, "lesion", "recall")
    assert [row[0] for row in table.rows] == ["unetpp", "deeplabv3", "skunet"]
    assert table.header[:9] == [
        *("network", "direct", "guided", "with fallback", "cascade", "oracle", "guided - direct"),
        *("p", "p (Holm)"),
    ]
    # recall of patient k = 0, ..., 9: direct 0.25 + k / 100, guided 0.60 + 2 k / 100, fallback 0.50 + k / 100, ...
    shown = [cell.split(" (")[0] for cell in table.rows[0][1:8]]
    assert shown == ["29.5", "69.0", "54.5", "59.5", "94.5", "39.5", "0.00195"]
    assert score(result, "guided", "lesion", "recall", model="unetpp")["value"] == pytest.approx(0.69)


def test_the_best_of_a_branch_stands_out_unless_all_are_equal():
    table = side_by_side(boarded(run(images()), run(images(direct=70), model="transunet")))
    # direct 70 against 25; the other branches are equal
    assert table.best == {(1, 1)}
    smallest = side_by_side(boarded(run(images()), run(images(direct=70), model="transunet")), "lesion", "hd95")
    assert smallest.best == {(1, 1)}
    assert side_by_side(boarded(run(images()))).best == frozenset()


def test_entries_of_one_network_are_told_apart_by_what_differs():
    runs = [run(images()), run(images(), profile="paper"), run(images(), scoring__confidence=0.3)]
    table = side_by_side(boarded(*runs))
    assert table.header[9:] == ["profile", "seeds", "changed"]
    assert [row[9:] for row in table.rows] == [
        ["quick", "0", ""],
        ["paper", "0", ""],
        ["quick", "0", "scoring.confidence=0.3"],
    ]


@pytest.mark.parametrize("rule", ["strict", "literal", "batch_pooled"])
def test_published_rows_come_last_under_any_rule_and_say_that_theirs_are_two(rule):
    result = boarded(*(run(images(), model=model, dataset="bus_uclm") for model in ("unet3plus", "unetpp", "skunet")))
    table = side_by_side(result, rule)
    assert table.published == {3, 4}
    assert [row[:3] for row in table.rows[3:]] == [
        ["unetpp, paper", "79.2", "94.3"],
        ["unet3plus, paper", "77.7", "94.1"],
    ]
    assert not any(cell for row in table.rows[3:] for cell in row[3:])
    assert table.best == {(3, 1), (3, 2)}  # among the published; ours are equal
    assert "its direct column fits batch_pooled best, its guided column literal." in table.caption
    assert ("a detector that never fires has a perfect score" in table.caption) == (rule == "literal")


def test_what_is_changed_in_all_entries_stands_in_the_caption_once():
    alike = [run(images(), model=model, scoring__confidence=0.3) for model in ("unetpp", "transunet")]
    table = side_by_side(boarded(*alike))
    assert table.header[9:] == ["profile", "seeds"]
    assert table.caption.endswith("Changed in all entries: scoring.confidence=0.3.")


def test_images_without_a_lesion_have_dashes_under_lesion():
    rows = images().query("pathology == 'normal'")
    table = side_by_side(boarded(run(rows)), "lesion")
    assert table.rows[0][1:9] == ["-"] * 8
    assert "- " in formats.text(boarded(run(rows)), "lesion", "dice")


# Ranks


def test_approaches_are_ranked_best_first_and_the_others_stand_between_without_a_rank():
    ranking = tables(boarded(run(images()), run(images(direct=70), model="transunet")))[1]
    assert list(zip(ranking["rank"], ranking["network"], ranking["branch"], strict=True)) == [
        ("", "unetpp", "oracle (true boxes)"),
        ("", "transunet", "oracle (true boxes)"),
        ("1", "transunet", "direct"),
        ("2", "unetpp", "guided"),
        ("2", "transunet", "guided"),  # equal scores, equal ranks
        ("4", "unetpp", "cascade (direct's own boxes)"),
        ("4", "transunet", "cascade (direct's own boxes)"),
        ("6", "unetpp", "guided, frame where no box"),
        ("6", "transunet", "guided, frame where no box"),
        ("8", "unetpp", "guided, no gate"),
        ("8", "transunet", "guided, no gate"),
        ("10", "unetpp", "direct"),
        ("11", "unetpp", "direct, no gate"),
        ("11", "transunet", "direct, no gate"),
        ("", "", "control: silent"),
        ("", "", "control: everything"),
    ]


def test_value_and_interval_are_percent(plain):
    found = score(plain)
    ranking = tables(plain)[1].set_index("branch")
    ends = [f"{100 * found[end]:.1f}" for end in ("value", "ci_low", "ci_high")]
    assert ranking.loc["direct", "dice, %"] == "{} ({} to {})".format(*ends)
    # one patient: a lesion of 100 px, 25 found: Dice 50 / 125 = 0.4; with the normal's 1: 0.7; no interval
    alone = tables(boarded(run(images(range(10, 11)))))[1].set_index("branch")
    assert alone.loc["direct", "dice, %"] == "70.0"


def test_interval_of_few_groups_is_marked_where_it_stands():
    # ten patients, four of them with a lesion
    rows = images().query("pathology == 'normal' or patient_id < 'P004'")
    few = boarded(run(rows))
    assert tables(few, "lesion")[0]["direct"].item().endswith(")?")
    assert tables(few, "strict")[0]["direct"].item().endswith(")")
    assert "with ? from fewer than 5 groups of them, not reliable" in formats.markdown(few, "lesion", "dice")


def test_distances_are_ranked_smallest_first_in_pixels(plain):
    ranking = tables(plain, "lesion", "hd95")[1]
    assert ranking["rank"].tolist()[:4] == ["", "", "1", "2"]
    assert ranking["branch"].tolist()[:3] == ["control: everything", "oracle (true boxes)", "guided"]
    assert ranking["hd95"].tolist()[2].startswith("31.0 (")  # 100 - 60 - the mean of 0, 2, ..., 18


# The paper


@pytest.mark.parametrize(
    ("rule", "label", "dice", "reason"),
    [
        ("literal", "paper: guided", "94.3", "an image without a box scores 1"),
        ("batch_pooled", "paper: direct", "79.2", "probably sums within batches"),
    ],
)
def test_the_papers_numbers_stand_under_the_rule_that_fits_them(rule, label, dice, reason):
    result = boarded(run(images(), dataset="bus_uclm"))
    ranking = tables(result, rule)[1]
    mine = ranking[ranking["branch"].str.startswith("paper")]
    assert mine[["rank", "network", "branch", "dice, %"]].to_numpy().tolist() == [["", "unetpp", label, dice]]
    assert reason in formats.markdown(result, rule, "dice")


def test_the_papers_tables_hold_every_network_once_with_the_scores_of_the_board():
    newest, older = (
        run(images(), dataset="bus_uclm"),
        run(images(guided=40), dataset="bus_uclm", scoring__confidence=0.3),
    )
    result = boarded(newest, older, run(images(), model="skunet", dataset="bus_uclm"))
    (page,) = formats.pages(result, "strict", "dice")
    assert [each.name.removeprefix("section1_") for each in page.of_paper] == [
        *("table3_direct", "table5_guided", "table6_side_by_side", "table7_others")
    ]
    lesion = [row for row in page.of_paper[1].rows if row[2] == "lesion"]
    assert [row[0] for row in lesion] == ["UNet++", "SK-U-Net"]
    # recall of patient k = 0, ..., 9 in the newest: guided 0.60 + 2 k / 100
    assert [row[6].split(" (")[0] for row in lesion] == ["69.0", "69.0"]
    assert page.of_paper[0].title in formats.markdown(result, "strict", "dice")
    assert page.of_paper[0].title not in formats.text(result, "strict", "dice")


def test_under_another_rule_the_paper_has_no_numbers():
    result = boarded(run(images(), dataset="bus_uclm"))
    assert "The paper has no numbers under this rule." in formats.text(result, "strict", "dice")
    assert "paper:" not in formats.text(result, "strict", "dice")  # in the ranking; side by side stands apart
    assert "The paper has no numbers of this metric." in formats.text(result, "literal", "hd95")


def test_the_paper_is_not_set_beside_the_phantom(plain):
    assert "paper" not in formats.text(plain, "literal", "dice")
    assert not formats.pages(plain, "literal", "dice")[0].of_paper
