from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dankmeme.sources.files as files
from dankmeme.posts import ImageRef, PeopleSay, Post
from dankmeme.sources import Page, Query, Sort
from dankmeme.sources.rows import post_of, row_of
from tests.sources.asking import asked, failure, names, posts, scores, skipped

PNG = b"\x89PNG\r\n\x1a\n rest"
JPEG = b"\xff\xd8\xff rest"


def dataset(folder: Path, *rows: dict[str, Any] | bytes, name: str = "posts.jsonl") -> Path:
    path = folder / "my memes:2018"
    path.mkdir(exist_ok=True)
    written = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    (path / name).write_bytes(b"\n".join(written) + b"\n")
    return path


def one(folder: Path, **row: Any) -> Post:
    (post,) = posts(asked("files", Query(str(dataset(folder, {"id": "a", "file": "a.jpg"} | row)))))
    return post


# posts.jsonl


def test_a_row_has_all_that_a_dataset_tells(tmp_path: Path) -> None:
    post = one(
        tmp_path,
        title="Fish &amp; chips",
        score=12,
        created_utc=1508758369,
        author="me",
        community="memes",
        permalink="https://x.example/a",
        score_at={"1": 5, "6.5": 9, "x": 1, "2": None},
        label=1,
        order=7,
        block="B",
    )
    assert (post.id, post.source) == ("files:my%20memes%3A2018:a", "files")
    assert post.images == (ImageRef(file=str(tmp_path.resolve() / "my memes:2018" / "a.jpg")),)
    assert (post.title, post.score, post.created_utc) == ("Fish &amp; chips", 12, 1508758369.0)
    assert (post.author, post.community, post.permalink) == ("me", "memes", "https://x.example/a")
    assert (post.score_at, post.label, post.order, post.block) == ({1.0: 5.0, 6.5: 9.0}, 1, 7, "B")


def test_the_names_of_listings_are_taken_too(tmp_path: Path) -> None:
    post = one(tmp_path, ups=3, subreddit="memes", createdUtc="1508758369", listing_block="C")
    assert (post.score, post.community, post.created_utc, post.block) == (3, "memes", 1508758369.0, "C")
    assert one(tmp_path, ups=3, score=4).score == 4


def test_a_row_may_have_an_address_in_place_of_a_file(tmp_path: Path) -> None:
    where = dataset(
        tmp_path, {"id": 1, "url": "https://x.example/a"}, {"id": 2, "url": "file:///etc/passwd"}, {"id": 3}
    )
    pages = asked("files", Query(str(where)))
    assert [post.images for post in posts(pages)] == [(ImageRef(url="https://x.example/a"),)]
    assert skipped(pages) == {"no image": 2}


@pytest.mark.parametrize("label", [0, 1, "0", "1", True, False, 1.0])
def test_a_label_is_zero_or_one(tmp_path: Path, label: object) -> None:
    assert one(tmp_path, label=label).label == int(label)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("label", "meaning"),
    [("dank", 1), ("Not Dank", 0), ("not_dank", 0), ("TRUE", 1), ("False", 0), ("1", 1), ("0.0", 0)],
)
def test_a_label_may_be_a_word(tmp_path: Path, label: str, meaning: int) -> None:
    assert one(tmp_path, label=label).label == meaning


@pytest.mark.parametrize(
    ("score", "meaning"), [("1,230", 1_230), ("-1,230,000", -1_230_000), ("12,5", None), (0.87, None)]
)
def test_a_score_is_a_whole_number(tmp_path: Path, score: object, meaning: int | None) -> None:
    assert one(tmp_path, score=score).score == meaning


@pytest.mark.parametrize("label", [2, -1, 0.5, "dunk", None, [], {}])
def test_any_other_label_is_none(tmp_path: Path, label: object) -> None:
    assert one(tmp_path, label=label).label is None


@pytest.mark.parametrize("file", ["../secret.png", "/etc/passwd", "a/../../secret.png", "link.png", "down/secret.png"])
def test_a_file_outside_the_folder_is_not_taken(tmp_path: Path, file: str) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    where = dataset(tmp_path, {"id": "a", "file": file}, {"id": "b", "file": "b.png"})
    (where / "link.png").symlink_to(tmp_path / "secret.png")
    (where / "down").symlink_to(tmp_path)
    pages = asked("files", Query(str(where)))
    assert names(pages) == ["b"]
    assert skipped(pages) == {"file outside the folder": 1}
    assert pages[0].notes == ("line 1: file outside the folder",)


@pytest.mark.parametrize("file", ["a\x00b", "\ud800.png"])
def test_a_file_name_that_no_file_can_have_is_called_so(tmp_path: Path, file: str) -> None:
    pages = asked("files", Query(str(dataset(tmp_path, {"id": "a", "file": file}, {"id": "b", "file": "b"}))))
    assert skipped(pages) == {"file name is not text": 1}


def test_a_link_that_stays_in_the_folder_is_followed(tmp_path: Path) -> None:
    where = dataset(tmp_path, {"id": "a", "file": "link.png"})
    (where / "real.png").write_bytes(PNG)
    (where / "link.png").symlink_to("real.png")
    (post,) = posts(asked("files", Query(str(where))))
    assert post.images[0].file == str((where / "real.png").resolve())


def test_a_folder_that_is_a_link_itself_is_no_obstacle(tmp_path: Path) -> None:
    dataset(tmp_path, {"id": "a", "file": "a.png"})
    (tmp_path / "link").symlink_to("my memes:2018")
    assert len(posts(asked("files", Query(str(tmp_path / "link"))))) == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"7", "not a JSON object"),
        (b"\xff\xfe", "not JSON"),
        (b'{"id": ' + b"9" * 10_000 + b"}", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b'{"file": "a"}', "no id"),
        (b'{"id": null}', "no id"),
        (b"x" * 10_000_000, "longer than 5 MB"),
    ],
    ids=lambda part: repr(part[:12]),
)
def test_a_broken_line_is_named_and_costs_no_other(tmp_path: Path, line: bytes, why: str) -> None:
    where = dataset(tmp_path, {"id": "a", "file": "a"}, line, {"id": "b", "file": "b"})
    pages = asked("files", Query(str(where)))
    assert names(pages) == ["a", "b"]
    assert skipped(pages) == {"broken line": 1}
    assert pages[0].notes == (f"line 2: broken line: {why}",)


def test_a_few_notes_are_enough_and_say_that_there_are_more(tmp_path: Path) -> None:
    (page,) = asked("files", Query(str(dataset(tmp_path, {"id": 1, "file": "a"}, *[b"{"] * 100))))
    assert page.skipped == {"broken line": 100}
    assert page.notes[:2] == ("line 2: broken line: not JSON", "line 3: broken line: not JSON")
    assert page.notes[files.MOST_NOTES :] == ("and 90 more like these",)


def test_odd_values_are_unknown_and_odd_text_is_cleaned(tmp_path: Path) -> None:
    post = one(
        tmp_path,
        id="x\ud800y",
        title=["x"],
        score="many",
        created_utc=-5,
        author=7,
        permalink="javascript:x",
        order="?",
    )
    assert (post.title, post.score, post.created_utc, post.author, post.permalink, post.order) == (
        "",
        None,
        None,
        None,
        None,
        None,
    )
    assert post.id.encode() == b"files:my%20memes%3A2018:x%20y"


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.sampled_from(["post", "broken", "empty"]), max_size=40),
    size=st.integers(1, 7),
    limit=st.integers(0, 40),
)
def test_from_any_page_on_exactly_the_rest_follows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], size: int, limit: int
) -> None:
    rows = ["empty", *rows, "post"]  # without any post it would be an error
    kinds = {"post": lambda n: {"id": f"p{n}", "file": "x"}, "broken": lambda n: b"{", "empty": lambda n: b""}
    where = dataset(tmp_path_factory.mktemp("data"), *(kinds[kind](n) for n, kind in enumerate(rows)))
    query = Query(str(where), limit=limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "PAGE", size)
        pages = asked("files", query)
        assert names(pages) == [f"p{n}" for n, kind in enumerate(rows) if kind == "post"][:limit]
        for number, page in enumerate(pages, 1):
            assert names(asked("files", query, page.position)) == names(pages[number:])


def test_times_thresholds_and_the_community_are_kept(tmp_path: Path) -> None:
    rows = [{"id": n, "file": "x", "created_utc": 1_000 + n, "score": n, "community": "AB"[n % 2]} for n in range(40)]
    query = Query(str(dataset(tmp_path, *rows)), since=1_010, until=1_030, threshold=15, community="b")
    assert names(asked("files", query)) == [str(n) for n in range(15, 30) if n % 2]


# What was scraped


FULL = Post(
    id="reddit:7873q9",
    source="archive",
    community="memes",
    title="t",
    images=(ImageRef(url="https://x.example/1.jpg"), ImageRef(url="https://x.example/2.jpg")),
    author="me",
    permalink="https://www.reddit.com/r/memes/",
    created_utc=1508758369.5,
    score=-3,
    score_at={1.0: 2.0, 0.5: 1.0},
    label=0,
    order=3,
    block="A",
)


@pytest.mark.parametrize(
    "post",
    [
        FULL,
        Post("lemmy:lemmy.ml:5", "lemmy", "memes@lemmy.ml", "", (ImageRef(url="https://x.example/1.jpg"),)),
        Post("lemmy:127.0.0.1:80:5", "lemmy", "m@127.0.0.1:80", "", (ImageRef(url="https://x.example/1.jpg"),)),
        replace(FULL, people=PeopleSay(0.75, 0.5)),
        Post("feed:" + "a" * 20, "feed", "c", "", (ImageRef(url="https://x.example/1.jpg"),)),
        Post("files:set%3A1:a/b%20c.jpg", "files", "set:1", "", (ImageRef(file="/nowhere/a.jpg"),)),
    ],
)
def test_a_post_written_as_a_row_comes_back_as_it_was(post: Post) -> None:
    assert post_of(json.loads(json.dumps(row_of(post))), "other", Path("/nowhere")) == post


def test_a_row_says_nothing_that_nobody_knows() -> None:
    post = Post("reddit:a", "reddit", "c", "", (ImageRef(url="https://x.example/1.jpg"),))
    assert row_of(post) == {
        "id": "reddit:a",
        "source": "reddit",
        "community": "c",
        "title": "",
        "url": "https://x.example/1.jpg",
    }


@pytest.mark.parametrize("name", ["reddit:../x", "lemmy:x", "feed:xyz", "nobody:abc"])
def test_an_identity_that_is_none_is_a_name_like_any_other(tmp_path: Path, name: str) -> None:
    assert one(tmp_path, id=name, source="reddit").id.startswith("files:my%20memes%3A2018:")


# Tables


def test_a_table_has_the_same_columns(tmp_path: Path) -> None:
    text = "\ufeffid,file,title,ups,createdUtc,label,score_at\r\n"
    text += '1,a.jpg,"one, ""two""\nthree",5,1508758369,1,"{""1"": 4}"\r\n2,,,,,,\r\n'
    path = tmp_path / "memes.csv"
    path.write_text(text, encoding="utf-8", newline="")
    pages = asked("files", Query(str(path)))
    (post,) = posts(pages)
    assert (post.id, post.title, post.score, post.label) == ("files:memes:1", 'one, "two" three', 5, 1)
    assert (post.created_utc, post.score_at) == (1508758369.0, {1.0: 4.0})
    assert skipped(pages) == {"no image": 1}


def test_a_table_goes_on_from_any_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PAGE", 3)
    path = tmp_path / "memes.csv"
    path.write_text("id,url\n" + "".join(f"{n},https://x.example/{n}\n" for n in range(10)))
    pages = asked("files", Query(str(path)))
    for number, page in enumerate(pages, 1):
        assert names(asked("files", Query(str(path)), page.position)) == names(pages[number:])


@pytest.mark.parametrize("row", [b"\xff\xfe,\xff", b"x" * 200_000, b'"never closed', b"1,2,3,4,5,6", b"\x00,\x00"])
def test_a_broken_row_does_no_harm(tmp_path: Path, row: bytes) -> None:
    path = tmp_path / "memes.csv"
    path.write_bytes(b"id,url\n1,https://x.example/1\n" + row + b"\n2,https://x.example/2\n")
    assert names(asked("files", Query(str(path))))[0] == "1"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["memes.csv", "memes.TSV"])
def test_a_table_is_read_as_spreadsheets_write_it(tmp_path: Path, separator: str, encoding: str, name: str) -> None:
    lines = [["ID", " Title", "File", "createdutc"], ["1", "é", "a.jpg", "1508758369"]]
    (tmp_path / name).write_text("".join(separator.join(line) + "\r\n" for line in lines), encoding, newline="")
    (post,) = posts(asked("files", Query(str(tmp_path / name))))
    assert (post.id, post.title, post.created_utc) == ("files:memes:1", "é", 1508758369.0)


def rows_of(folder: Path, *rows: str) -> list[Page]:
    path = folder / "memes.csv"
    path.write_text("id,file,title\n" + "\n".join(rows))
    return asked("files", Query(str(path)))


def test_a_quote_that_is_never_closed_is_named_with_all_lines_that_it_takes_along(tmp_path: Path) -> None:
    (page,) = rows_of(tmp_path, "1,a.jpg,a", '2,b.jpg,"b', "3,c.jpg,c", "4,d.jpg,d")
    assert names([page]) == ["1"]
    assert page.skipped == {"broken line": 1}
    assert page.notes == ("lines 3 to 5: broken line: a quote is never closed",)


def test_an_endless_field_is_named_with_its_line_and_costs_no_other(tmp_path: Path) -> None:
    (page,) = rows_of(tmp_path, "1,a.jpg," + 200_000 * "a", "2,b.jpg,b")
    assert names([page]) == ["2"]
    assert page.notes == ("line 2: broken line: an endless field; is a quote not closed?",)


def test_lines_are_counted_over_rows_of_several(tmp_path: Path) -> None:
    (page,) = rows_of(tmp_path, '1,a.jpg,"one', 'two"', ",b.jpg,b", ',c.jpg,"c', 'c"', "2,d.jpg,d")
    assert names([page]) == ["1", "2"]
    assert page.notes == ("line 4: broken line: no id", "lines 5 to 6: broken line: no id")


@pytest.mark.parametrize("header", ["a,b,c", "file,title", "id,title", "id|file"])
def test_a_table_without_the_columns_that_a_post_needs_says_which(tmp_path: Path, header: str) -> None:
    (tmp_path / "memes.csv").write_text(f"{header}\n1,2,3\n")
    error = failure("files", Query(str(tmp_path / "memes.csv")))
    assert error.code == "bad-posts-file"
    named = header.replace(",", ", ")
    assert error.message.endswith(f"the first line must name the columns id, and file or url; it names {named}")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("memes.csv", "", ""),
        ("memes.csv", "id,file\n", ""),
        ("memes.csv", "id,file\n,a\n", "; line 2: broken line: no id"),
        ("memes.jsonl", "", ""),
        ("memes.jsonl", "\n\n", ""),
        ("memes.txt", "id,file\n1,a\n", "; line 1: broken line: not JSON"),
    ],
)
def test_a_file_without_a_usable_line_is_an_error(tmp_path: Path, name: str, content: str, why: str) -> None:
    (tmp_path / name).write_text(content)
    error = failure("files", Query(str(tmp_path / name)))
    assert (error.code, error.message) == ("bad-posts-file", f"{tmp_path / name} holds no post{why}")


# Folders


def fill(folder: Path, *paths: str, content: bytes = PNG) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def test_a_folder_of_pictures_is_one_post_a_picture(tmp_path: Path) -> None:
    folder = tmp_path / "memes"
    fill(folder, "b.png", "a cat.png", "sub/c:1.png")
    found = posts(asked("files", Query(str(folder))))
    assert [post.id for post in found] == ["files:memes:a%20cat.png", "files:memes:b.png", "files:memes:sub/c%3A1.png"]
    assert [post.title for post in found] == ["a cat", "b", "c:1"]
    assert [post.order for post in found] == [0, 1, 2]
    assert {(post.created_utc, post.score, post.label, post.community) for post in found} == {
        (None, None, None, "memes")
    }
    assert found[0].images == (ImageRef(file=str((folder / "a cat.png").resolve())),)


def test_a_picture_by_its_bytes_or_by_its_name_does_not_vanish(tmp_path: Path) -> None:
    fill(tmp_path, "a.txt", "b", content=JPEG)
    fill(tmp_path, "c.jpg", "d.HEIC", "e.tif", "f.jp2", content=b"rubbish")
    fill(tmp_path, "notes.txt", ".DS_Store", "z.zip", content=b"no picture")
    fill(tmp_path, "g.png", content=b"")
    pages = asked("files", Query(str(tmp_path)))
    assert sorted(names(pages)) == ["a.txt", "b", "c.jpg", "d.HEIC", "e.tif", "f.jp2", "g.png"]
    assert skipped(pages) == {"not a picture": 3}


def test_two_folders_are_two_labels(tmp_path: Path) -> None:
    fill(tmp_path, "dank/1.png", "dank/x/2.png", "not_dank/1.png", "readme.png")
    found = posts(asked("files", Query(str(tmp_path))))
    assert [(post.id.rpartition(":")[2], post.label) for post in found] == [
        ("dank/1.png", 1),
        ("dank/x/2.png", 1),
        ("not_dank/1.png", 0),
    ]


def test_links_that_lead_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "memes"
    fill(tmp_path, "secret.png", "down/x.png")
    fill(folder, "a.png")
    (folder / "b.png").symlink_to(tmp_path / "secret.png")
    (folder / "c.png").symlink_to(folder / "a.png")
    (folder / "d").symlink_to(tmp_path / "down")
    (folder / "loop.png").symlink_to("loop.png")
    pages = asked("files", Query(str(folder)))
    assert names(pages) == ["a.png", "c.png"]
    assert skipped(pages)["file outside the folder"] == 2, "what leads in circles is not inside either"


def test_a_file_whose_name_no_database_takes_is_counted(tmp_path: Path) -> None:
    fill(tmp_path, "a.png")
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff.png")).write_bytes(PNG)
    (page,) = asked("files", Query(str(tmp_path)))
    assert (len(page.posts), page.skipped) == (1, {"file name is not text": 1})
    assert page.notes[0].encode()


def test_empty_lines_are_nothing(tmp_path: Path) -> None:
    (page,) = asked("files", Query(str(dataset(tmp_path, b"", {"id": "a", "file": "a"}, b" \r", b""))))
    assert (len(page.posts), page.skipped, page.notes) == (1, {}, ())


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    fill(tmp_path, "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    pages = asked("files", Query(str(tmp_path)))
    assert names(pages) == ["a.png"]
    assert skipped(pages) == {"not a picture": 1}


def test_a_folder_goes_on_from_any_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PAGE", 3)
    fill(tmp_path, *(f"{n:02}.png" for n in range(10)))
    query = Query(str(tmp_path), limit=8)
    pages = asked("files", query)
    assert len(names(pages)) == 8
    for number, page in enumerate(pages, 1):
        assert names(asked("files", query, page.position)) == names(pages[number:])


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a.png", "sub/b.png")
    scandir = os.scandir

    def refusing(path: str) -> Any:
        if str(path).endswith("sub"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    pages = asked("files", Query(str(tmp_path)))
    assert len(names(pages)) == 1
    assert skipped(pages) == {"folder that cannot be read": 1}
    assert pages[0].notes == (f"{tmp_path / 'sub'}: folder that cannot be read: Permission denied",)


# What cannot be read


def test_what_is_not_there_or_holds_nothing_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    fill(tmp_path, "one.png")
    for where in (tmp_path / "none.jsonl", tmp_path / "none.csv", tmp_path / "empty", tmp_path / "one.png", "a\x00b"):
        assert failure("files", Query(str(where))).code == "bad-posts-file"


@pytest.mark.parametrize("query", [Query(""), Query(".", Sort.TOP), Query(".", order="top")])
def test_what_files_cannot_do_is_refused(query: Query) -> None:
    assert failure("files", query).code == "bad-query"


@pytest.mark.parametrize("position", ["0 x", "0 -1", "0 \u00b2"])
def test_what_is_no_position_is_called_so(tmp_path: Path, position: str) -> None:
    assert failure("files", Query(str(dataset(tmp_path, {"id": 1}))), position).code == "bad-query"


def test_files_know_no_scores_of_now() -> None:
    with pytest.raises(Exception, match="cannot tell"):
        scores("files", ["files:a:b"])


@pytest.mark.parametrize(
    ("name", "words"), [("posts.csv.gz", "unpack it"), ("posts.jsonl.zst", "unpack it"), ("memes.parquet", "as CSV")]
)
def test_a_list_in_a_form_that_is_not_read_says_what_to_do(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"PAR1 or so")
    error = failure("files", Query(str(tmp_path / name)))
    assert error.code == "bad-posts-file"
    assert words in error.message


@pytest.mark.parametrize("said", [{"percentile": 2, "weight": 0.5}, {"percentile": 0.5}, [0.5, 0.5], "none", None])
def test_what_people_think_is_left_out_where_it_makes_no_sense(said: object) -> None:
    post = post_of({"id": "a", "file": "a.jpg", "people": said}, "set", Path("/nowhere"))
    assert isinstance(post, Post)
    assert post.people is None


def test_a_table_tells_what_people_think_as_text() -> None:
    row = {"id": "a", "file": "a.jpg", "people": '{"percentile": 0.25, "weight": 0.5}'}
    post = post_of(row, "set", Path("/nowhere"))
    assert isinstance(post, Post)
    assert post.people == PeopleSay(0.25, 0.5)
