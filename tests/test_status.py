"""The status page says when and with what the site was made."""

from medte.report import status

RAN = {"name": "00_one", "seconds": 61.4, "date": "2026-01-02", "machine": "2 cores", "key": "abcdef0123456789"}


def test_each_notebook_stands_with_its_time_and_hash():
    text = status.page([RAN], {"data": "0123"})
    assert 'href="../notebooks/00_one.html"' in text and "<td>61</td><td>2026-01-02</td>" in text
    assert "<code>abcdef01</code>" in text and "<code>0123</code>" in text and "2 cores" in text
    assert all(f">{name}</th>" in text for name in (*status.PACKAGES, "commit"))


def test_a_site_of_notebooks_that_were_not_run_says_so():
    assert "No notebook was run" in status.page([], {})


def test_the_commit_is_marked_where_files_differ(tmp_path, monkeypatch):
    assert len(status.commit().rstrip("+")) == 12
    monkeypatch.setattr(status.paths, "CHECKOUT", tmp_path)
    assert status.commit() == "unknown"
    monkeypatch.setattr(status.paths, "CHECKOUT", None)
    assert status.commit() == "unknown"
