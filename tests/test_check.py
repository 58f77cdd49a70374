from medte.pipeline.check import check_results, check_site


def site(folder, **pages):
    for name, body in pages.items():
        (folder / f"{name}.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return folder


def test_a_whole_site_has_no_problems(tmp_path):
    body = '<a href="other.html#there">x</a> <a href="https://example.org/">y</a> <a href="#top" id="top">z</a>'
    assert check_site(site(tmp_path, index=body, other='<h1 id="there">t</h1>')) == []


def test_each_problem_is_found(tmp_path):
    body = (
        '<a href="gone.html">a</a><a href="other.html#nowhere">b</a><img src="https://cdn.example.org/x.png">'
        '<script src="//cdn.example.org/y.js"></script><link rel="stylesheet" href="missing.css">'
    )
    problems = "\n".join(check_site(site(tmp_path, index=body, other="")))
    for sign in ("gone.html", "#nowhere", "x.png from another host", "y.js from another host", "missing.css"):
        assert sign in problems
    assert len(problems.splitlines()) == 5


def test_a_site_without_a_front_page_is_a_problem(tmp_path):
    assert "no index.html" in check_site(tmp_path)[0]


def test_a_missing_and_a_stale_result_are_named():
    found = [
        {"model": m, "task": t, "why": why}
        for m, t, why in [("a", "x", None), ("a", "y", None), ("b", "x", "other code")]
    ]
    assert check_results(found, [(m, t) for m in "ab" for t in "xy"], lambda result: result["why"]) == [
        "the result of b on x is stale, other code",
        "no result of b on y",
    ]
