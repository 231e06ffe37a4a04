"""The command as its users run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Server


def dank(*arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "dankmeme.cli", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)


def lines(run: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


def test_a_folder_gives_one_json_line_a_picture_and_leaves_other_files_alone(
    examples: list[Path], tmp_path: Path
) -> None:
    for path in examples[:2]:
        (tmp_path / f"{path.stem}.txt").write_bytes(path.read_bytes())
    (tmp_path / "notes.jpg").write_text("not a picture")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n rest")
    run = dank("classify", "--json", str(tmp_path))
    assert run.returncode == 1
    by_name = {Path(str(line["input"])).name: line for line in lines(run)}
    assert set(by_name) == {"broken.png", f"{examples[0].stem}.txt", f"{examples[1].stem}.txt"}
    assert by_name["broken.png"]["error"] == {
        "code": "broken-image",
        "message": by_name["broken.png"]["error"]["message"],
    }  # type: ignore[index]
    verdict = by_name[f"{examples[0].stem}.txt"]
    assert {"input", "sha256", "pdq", "verdict", "models", "caption", "milliseconds"} <= set(verdict)
    assert set(verdict["models"]) == {"cnn", "automl"}  # type: ignore[call-overload]


def test_standard_input_is_one_picture(examples: list[Path]) -> None:
    run = dank("classify", "--json", "--model", "cnn", "-", stdin=examples[0].read_bytes())
    assert run.returncode == 0
    (line,) = lines(run)
    assert line["input"] == "-"
    assert line["models"]["automl"] is None  # type: ignore[index]


def test_the_table_names_each_meme_and_what_it_is_compared_with(examples: list[Path]) -> None:
    run = dank("classify", "--no-captions", *map(str, examples[:2]))
    assert run.returncode == 0
    assert "compared with memes made on imgflip" in run.stdout.decode()
    assert examples[0].stem in run.stdout.decode()


def test_a_missing_file_is_named_and_the_others_are_answered(examples: list[Path]) -> None:
    run = dank("classify", "--no-captions", "nowhere.png", str(examples[0]))
    assert run.returncode == 1
    assert "nowhere.png" in run.stderr.decode()
    assert examples[0].stem in run.stdout.decode()


@pytest.mark.parametrize(
    "arguments", [[], ["--model", "oracle", "x"], ["--model", "automl", "--no-captions", "x"], [""]]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert dank("classify", *arguments).returncode == 2


def test_a_folder_without_pictures_and_a_private_url_are_named(tmp_path: Path) -> None:
    run = dank("classify", "--json", "--model", "cnn", str(tmp_path), "http://127.0.0.1:9/meme.png")
    assert run.returncode == 1
    assert [line["error"]["code"] for line in lines(run)] == ["folder-empty", "address-refused"]  # type: ignore[index]


def test_a_damaged_bundle_is_one_clear_line(tmp_path: Path, examples: list[Path]) -> None:
    run = dank("classify", "--bundle", str(tmp_path), str(examples[0]))
    assert run.returncode == 2
    assert run.stderr.decode().startswith("dank: there is no model bundle")


def test_the_doctor_finds_this_installation_well() -> None:
    run = dank("doctor")
    assert run.returncode == 0
    assert "✗" not in run.stdout.decode()


def test_recipe_command_library_and_http_say_the_same(server: Server, examples: list[Path]) -> None:
    import httpx

    from dankmeme import Classifier
    from dankmeme.models.bundle import Bundle

    folder = Bundle.default().folder
    picture = folder / "selftest.jpg"
    recipe = json.loads((folder / "selftest.json").read_text())
    with Classifier(workers=1, readers=1) as classifier:
        library = classifier.classify(picture)
    (command,) = lines(dank("classify", "--json", str(picture)))
    http = httpx.post(f"{server.url}/api/v1/classify", files={"file": picture.read_bytes()}, timeout=30).json()
    assert library.automl is not None
    for answer in (command, http):
        assert answer["caption"] == recipe["caption"]
        assert answer["verdict"]["probability"] == pytest.approx(recipe["verdict"], abs=1e-4)  # type: ignore[index]
        assert answer["models"]["cnn"]["probability"] == pytest.approx(recipe["cnn"], abs=1e-4)  # type: ignore[index]
        assert answer["models"]["automl"]["probability"] == pytest.approx(recipe["automl"], abs=1e-4)  # type: ignore[index]
    assert library.verdict.probability == pytest.approx(recipe["verdict"], abs=1e-4)
    assert library.automl.probability == pytest.approx(recipe["automl"], abs=1e-4)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, dankmeme; print([m for m in ('numpy', 'PIL', 'onnxruntime', 'pydantic') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
