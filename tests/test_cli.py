"""The command line: names a user may mistype end with code 2 and one line; help teaches."""

import errno
import subprocess
import sys

import pytest

from medte import cli


def medte(*words):
    return subprocess.run([sys.executable, "-m", "medte.cli", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run", "-p", "minni"], "medte: unknown profile 'minni'; did you mean 'mini'?"),
        (["evaluate", "--family", "retreival"], "medte: unknown family 'retreival'; did you mean 'retrieval'?"),
        (["evaluate", "--model", "all-MiniLM"], "medte: unknown model 'all-MiniLM'; did you mean 'all-MiniLM-L6-v2'?"),
        (["tasks", "MedQuadRetreival"], "medte: unknown task 'MedQuadRetreival'; did you mean 'MedQuADRetrieval'?"),
        (["record", "--seeds", "1,x"], "medte: --seeds is '1,x'; expected whole numbers with commas, such as 1,2,3"),
        (
            ["record", "--probes", "--variant", "plain"],
            "medte: got --variant and --probes, and one thing is recorded at a time; name one of them",
        ),
        (["tasks", "--benchmark", "MedEvl"], "medte: unknown benchmark 'MedEvl'; did you mean 'MedEval'?"),
    ],
)
def test_a_mistyped_name_is_one_line_and_code_2(words, line):
    answer = medte(*words)
    assert (answer.returncode, answer.stderr, answer.stdout) == (2, line + "\n", "")


def test_help_names_every_command():
    text = medte("--help").stdout
    assert all(
        f"  {command} " in text
        for command in ("run", "train", "evaluate", "tasks", "models", "data", "check", "record", "results")
    )


def test_tasks_and_models_are_listed():
    assert len(medte("tasks").stdout.splitlines()) == 51
    assert len(medte("tasks", "--benchmark", "MedEval-all").stdout.splitlines()) == 77
    assert "all-MiniLM-L6-v2" in medte("models").stdout
    assert "definition:" in medte("tasks", "MedQuADRetrieval").stdout


def test_a_full_disk_is_a_line_and_2(monkeypatch, capsys):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cli, "app", full)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2 and "disk is full" in capsys.readouterr().err


def test_without_a_mirror_the_open_edition_says_what_to_set(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["medte", "data", "build", "-p", "open"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2 and "MEDTE_MIRROR" in capsys.readouterr().err


def test_ctrl_c_is_a_line_and_130(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", interrupted)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 130 and "goes on from there" in capsys.readouterr().err
