"""The API pages: every module stands on one of them, and its docstrings are read as the plain text that they are."""

import re

from medte.paths import CHECKOUT, PACKAGE
from medte.pipeline.docstrings import process, skip
from medte.report import api


def test_every_module_stands_on_one_page():
    listed = [module for page in api.PAGES for module in api.modules(page)]
    assert len(listed) == len(set(listed))
    files = [path for path in PACKAGE.rglob("*.py") if path.read_text(encoding="utf-8")]
    there = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in files}
    there = {name.removesuffix(".__init__") for name in there}
    assert {name.split(".")[1] for name in there - set(listed) - {"medte"}} == set(api.OUTSIDE)
    for page in api.PAGES:
        text = (CHECKOUT / "book" / f"api_{page}.md").read_text(encoding="utf-8")
        assert f"{{include}} _generated/api_{page}.md" in text
        assert f"api_{page}" in (CHECKOUT / "_toc.yml").read_text(encoding="utf-8")


def test_each_module_has_a_section_of_its_page():
    text = api.page("evaluation")
    assert re.findall("^## (.*)$", text, re.MULTILINE) == re.findall("automodule:: (.*)$", text, re.MULTILINE)
    assert {"medte.benchmark", "medte.evaluation.statistics"} <= set(api.modules("evaluation"))


def processed(what, text):
    lines = text.split("\n")
    process(None, what, "name", None, None, lines)
    return "\n".join(lines)


def test_signs_of_restructuredtext_stand_for_themselves():
    assert processed("function", "A |x| of *.obo `files`s,\n    and y_ more.\n\nNext.") == (
        "A \\|x\\| of \\*.obo ``files``\\ s, and y\\_ more.\n\nNext.\n"
    )


def test_of_a_module_the_first_paragraph_is_shown():
    assert processed("module", "First.\n\n    table | of\n    columns") == "First.\n"


def test_a_field_whose_default_is_a_class_of_python_is_left_out():
    assert skip(None, "class", "check", bool, False, None) is True
    assert skip(None, "class", "process", process, False, None) is None
