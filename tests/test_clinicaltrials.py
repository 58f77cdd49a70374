"""The reader of ClinicalTrials.gov on a registry on loopback that answers as its API does, well and badly; on exports."""

import csv
import io
import json
import lzma
import os
import tarfile
import threading
from collections import Counter
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from medte.errors import MedteError
from medte.sources import clinicaltrials
from medte.sources.clinicaltrials import SOURCE, fetch, plan, read
from medte.sources.getting import Getter, Manners

MIRROR = os.environ.get("MEDTE_MIRROR")
QUICK = Manners(per_second=1000, attempts=3, first_wait=0.01, longest_wait=30, timeout=5)


def study(number, title="Größe of a trial", description="", outcomes=(), conditions=("Gout",), brief="short"):
    section = {
        "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": brief}
        | ({"officialTitle": title} if title else {}),
        "statusModule": {"studyFirstPostDateStruct": {"date": f"2024-01-0{number}", "type": "ACTUAL"}},
        "descriptionModule": {"briefSummary": "short"} | ({"detailedDescription": description} if description else {}),
        "conditionsModule": {"conditions": list(conditions)},
    } | ({"outcomesModule": {"primaryOutcomes": list(outcomes)}} if outcomes else {})
    return {"protocolSection": section, "hasResults": False}


class Registry(ThreadingHTTPServer):
    """Five studies, two a page. `troubles` maps a page to what is answered there before the true answer."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/api/v2/studies"
        self.studies = [study(number) for number in range(1, 6)]
        self.asked, self.troubles = [], {}

    def page(self, token):
        start = int(token.removeprefix("from-"))
        page = {"studies": self.studies[start : start + 2]}
        if start == 0:
            page["totalCount"] = len(self.studies)
        if start + 2 < len(self.studies):
            page["nextPageToken"] = f"from-{start + 2}"
        return page


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        token = self.query.get("pageToken", "from-0")
        self.server.asked.append(self.query)
        self.page = self.server.page(token)
        troubles = self.server.troubles.get(token, [])
        (troubles.pop(0) if troubles else whole)(self)

    def answer(self, body, status=200, kind="application/json", length=None, **headers):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": length or len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def whole(handler):
    handler.answer(json.dumps(handler.page, ensure_ascii=False).encode())


def html(handler):
    handler.answer(b"<!DOCTYPE html><title>Maintenance</title>", kind="text/html")


def nothing(handler):
    handler.answer(b"")


def no_studies(handler):
    handler.answer(json.dumps(handler.page | {"studies": []}).encode())


def early_end(handler):
    handler.answer(json.dumps({"studies": handler.page["studies"]}).encode())


def early_empty_end(handler):
    handler.answer(json.dumps({"studies": []}).encode())


def wrong_charset(handler):
    handler.answer(json.dumps(handler.page, ensure_ascii=False).encode("latin-1"))


def cut_off(handler):
    body = json.dumps(handler.page).encode()
    handler.answer(body[:40], length=len(body))
    handler.close_connection = True


def too_many_requests(handler):
    handler.answer(b"slow down", status=429, Retry_After=0)


def server_error(handler):
    handler.answer(b"", status=500)


def repeated_token(handler):
    handler.answer(json.dumps(handler.page | {"nextPageToken": "from-2"}).encode())


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(clinicaltrials, "PAGE_SIZE", 2)
    server = Registry()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def fetched(folder, registry, **asked):
    with Getter(folder, "me@example.org", QUICK) as getter:
        return fetch(getter, url=registry.url, **asked)


def test_all_pages_are_fetched_once_and_read_back(registry, tmp_path):
    manifest = fetched(tmp_path, registry, query="gout")
    assert (manifest["records"], manifest["pages"]) == (5, 3)
    assert [query.get("pageToken") for query in registry.asked] == [None, "from-2", "from-4"]
    assert all(query["query.term"] == "gout" and query["pageSize"] == "2" for query in registry.asked)
    assert registry.asked[0]["countTotal"] == "true"
    assert "PrimaryOutcomeMeasure" in registry.asked[0]["fields"].split(",")
    records = list(read(tmp_path))
    assert [record.id for record in records] == [f"clinicaltrials:NCT{number:08}" for number in range(1, 6)]
    assert {record.texts["official_title"] for record in records} == {"Größe of a trial"}
    fetched(tmp_path, registry, query="gout")
    assert len(registry.asked) == 3


@pytest.mark.parametrize("page", ["from-0", "from-2", "from-4"])
@pytest.mark.parametrize("trouble", [html, nothing, wrong_charset, cut_off, too_many_requests, server_error])
def test_a_page_that_is_none_is_asked_for_again(registry, tmp_path, trouble, page):
    registry.troubles = {page: [trouble, trouble]}
    assert fetched(tmp_path, registry)["records"] == 5
    assert len(registry.asked) == 5
    assert len(list(read(tmp_path))) == 5


@pytest.mark.parametrize("trouble", [no_studies, early_end, early_empty_end])
def test_a_list_that_thins_out_or_ends_early_is_not_believed(registry, tmp_path, trouble):
    registry.troubles = {"from-2": [trouble]}
    assert fetched(tmp_path, registry)["records"] == 5
    registry.troubles = {"from-2": [trouble] * 3}
    with pytest.raises(MedteError, match=r"without studies|after [24] of 5 studies"):
        fetched(tmp_path / "other", registry)


def test_a_first_page_that_leaves_out_the_next_token_is_not_believed(registry, tmp_path):
    def tokenless(handler):
        handler.answer(json.dumps({"studies": handler.page["studies"], "totalCount": 5}).encode())

    registry.troubles = {"from-0": [tokenless]}
    assert fetched(tmp_path, registry)["records"] == 5


def test_a_repeated_page_token_ends_the_run_and_the_next_goes_on(registry, tmp_path):
    registry.troubles = {"from-2": [repeated_token]}
    with pytest.raises(MedteError, match="repeats itself"):
        fetched(tmp_path, registry)
    with pytest.raises(MedteError, match="never finished"):
        list(read(tmp_path))
    assert fetched(tmp_path, registry)["records"] == 5
    assert [query.get("pageToken") for query in registry.asked] == [None, "from-2", "from-2", "from-4"]


def test_an_interrupted_run_goes_on_and_equals_the_straight_one(registry, tmp_path):
    straight = fetched(tmp_path / "straight", registry)
    registry.asked.clear()
    registry.troubles = {"from-4": [server_error] * 3}
    with pytest.raises(MedteError, match="3 attempts, at last: HTTP 500"):
        fetched(tmp_path / "broken", registry)
    resumed = fetched(tmp_path / "broken", registry)
    assert resumed["files"] == straight["files"]
    assert [query.get("pageToken") for query in registry.asked] == [None, "from-2", *["from-4"] * 4]


def test_plan_says_what_is_left_and_pages_bound_it(registry, tmp_path):
    with Getter(tmp_path, "me@example.org", QUICK) as getter:
        assert plan(getter, url=registry.url).requests == 2
    with Getter(tmp_path / "other", "me@example.org", QUICK) as getter:
        assert plan(getter, pages=2, url=registry.url).requests == 1
    registry.asked.clear()
    assert fetched(tmp_path, registry, pages=2)["records"] == 4
    assert len(registry.asked) == 1


OUTCOMES = (
    {"measure": "Pain.", "description": "On a scale \\[0-10\\], p \\< 0.05", "timeFrame": "a day"},
    {"measure": "Walking", "timeFrame": "a week"},
)


def export(folder, *studies, name="ctg-studies.json"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(studies), encoding="utf-8")
    return folder


def test_texts_and_facts_of_a_study(tmp_path):
    (record,) = read(export(tmp_path, study(7, "Title", "Long.", OUTCOMES, ["Gout", "Old Age"])))
    assert record.texts == {
        "official_title": "Title",
        "detailed_description": "Long.",
        "primary_outcomes": "Pain. On a scale [0-10], p < 0.05 Walking",
        "first_primary_outcome": "Pain. On a scale [0-10], p < 0.05",
    }
    assert record.id == record.document == "clinicaltrials:NCT00000007"
    assert (record.source, record.date, record.licence) == ("clinicaltrials", "2024-01-07", "public domain")
    assert record.facts == {
        "conditions": ["Gout", "Old Age"],
        "subject": "gout",
        "group": "gout",
        "title_kind": "official",
        "identities": ["nct:nct00000007"],
    }


def test_a_study_in_several_files_counts_once_and_the_fullest_is_kept(tmp_path):
    export(tmp_path, study(1, "Title"), study(2, "Other"), name="ctg-studies(1).json")
    export(tmp_path, study(1, "Title", "Long.", OUTCOMES), study(3, title="", brief=""), name="ctg-studies(2).json")
    export(tmp_path, study(1, "Title", "Long."), name="ctg-studies(3).json")
    dropped = Counter()
    records = {record.id[-1]: record for record in read(tmp_path, dropped)}
    assert sorted(records) == ["1", "2"]
    assert len(records["1"].texts) == 4
    assert dropped == {"study that is there already": 2, "study without text": 1}


def test_what_was_fetched_and_what_was_exported_are_read_together(registry, tmp_path):
    fetched(tmp_path, registry)
    export(tmp_path, study(5, description="Longer."), study(6))
    records = {record.id[-1]: record for record in read(tmp_path)}
    assert sorted(records) == list("123456")
    assert records["5"].texts["detailed_description"] == "Longer."


def table(path, *rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    path.write_bytes(lzma.compress(content) if path.suffix == ".xz" else content)
    return path.parent


SITE_ROW = {"NCT Number": "NCT00000001", "Study Title": "Short", "Study Status": "NA", "Conditions": "Gout|Old Age"}
FULL_SITE_ROW = SITE_ROW | {
    "NCT Number": "NCT00000002",
    "Primary Outcome Measures": "Pain, on a scale, a day|Walking, a week",
    "First Posted": "2020-02-03",
}
SMALL_ROW = {"nct_id": "NCT00000003", "title": "NA", "disease": "Gout", "outcome_measure": "Pain, Walking"}


@pytest.mark.parametrize("ending", ["csv", "csv.xz"])
def test_csv_exports_in_both_column_sets_and_the_small_table(tmp_path, ending):
    table(tmp_path / f"a.{ending}", SITE_ROW)
    table(tmp_path / f"b.{ending}", FULL_SITE_ROW)
    table(tmp_path / f"c.{ending}", SMALL_ROW)
    few, full, small = read(tmp_path)
    assert few.texts == {"official_title": "Short"}
    assert full.texts == {
        "official_title": "Short",
        "primary_outcomes": "Pain, on a scale, a day Walking, a week",
        "first_primary_outcome": "Pain, on a scale, a day",
    }
    assert small.texts == {"official_title": "NA", "primary_outcomes": "Pain, Walking"}
    assert {record.facts["title_kind"] for record in (few, full, small)} == {"brief"}
    assert (few.facts["conditions"], few.date, full.date) == (["Gout", "Old Age"], None, "2020-02-03")
    assert (full.licence, small.licence) == ("public domain", "MIT")


def test_a_brief_title_stands_in_and_says_so(tmp_path):
    (record,) = read(export(tmp_path, study(1, title="", brief="Brief")))
    assert (record.texts["official_title"], record.facts["title_kind"]) == ("Brief", "brief")


@pytest.mark.parametrize("outcomes", [OUTCOMES, ()])
def test_a_record_with_an_official_title_wins_over_a_longer_one_without(tmp_path, outcomes):
    table(tmp_path / "a.csv", FULL_SITE_ROW | {"Study Title": "Short, and yet a title of more words than the other"})
    export(tmp_path, study(2, "Official", outcomes=outcomes))
    (record,) = read(tmp_path)
    assert (record.texts["official_title"], record.facts["title_kind"]) == ("Official", "official")


XML = """<clinical_study><!-- of the older registry -->
<id_info><org_study_id>X</org_study_id><nct_id>NCT00000004</nct_id></id_info>
<brief_title>Brief</brief_title>{}<brief_summary><textblock>Not this.</textblock></brief_summary>
<detailed_description><textblock>
      Long,&#xD;
      and longer.
</textblock></detailed_description>
<primary_outcome>
<measure>Pain.</measure><time_frame>a day</time_frame><description>On a scale</description>
</primary_outcome>
<primary_outcome><measure>Walking</measure></primary_outcome>
<secondary_outcome><measure>Sleep</measure></secondary_outcome>
<condition>Gout</condition><condition>Old Age</condition><study_first_posted type="Estimate">{}</study_first_posted>
</clinical_study>"""
OFFICIAL = "<official_title>Official</official_title>"


def test_the_older_registrys_xml(tmp_path):
    (tmp_path / "NCT00000004.xml").write_text(XML.format(OFFICIAL, "February 7, 2003"), encoding="utf-8")
    (record,) = read(tmp_path)
    assert record.texts == {
        "official_title": "Official",
        "detailed_description": "Long, and longer.",
        "primary_outcomes": "Pain. On a scale Walking",
        "first_primary_outcome": "Pain. On a scale",
    }
    assert (record.id, record.date, record.licence) == ("clinicaltrials:NCT00000004", "2003-02-07", "public domain")
    assert record.facts["conditions"] == ["Gout", "Old Age"] and record.facts["title_kind"] == "official"


@pytest.mark.parametrize(("said", "date"), [("February 2003", "2003-02"), ("", None), ("in spring", None)])
def test_xml_in_an_archive_with_gaps(tmp_path, said, date):
    with tarfile.open(tmp_path / "x.tar.xz", "w:xz") as tar:
        content = XML.format("", said).encode()
        info = tarfile.TarInfo("studies/NCT00000004.xml")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    (record,) = read(tmp_path)
    assert (record.texts["official_title"], record.facts["title_kind"], record.date) == ("Brief", "brief", date)


def test_the_source_is_the_whole_registry_whatever_the_classes(registry, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDTE_EMAIL", "me@example.org")
    monkeypatch.setattr(clinicaltrials, "MANNERS", QUICK)
    for name in ("plan", "fetch"):
        monkeypatch.setattr(clinicaltrials, name, partial(getattr(clinicaltrials, name), url=registry.url))
    assert SOURCE.plan(tmp_path, [], print).startswith("ClinicalTrials.gov, every study: 2 requests, about ")
    assert SOURCE.fetch(tmp_path, [], print)["records"] == 5
    assert not any("query.term" in query for query in registry.asked)
    assert len(list(SOURCE.read(tmp_path, Counter()))) == 5


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ctg-studies.json", b'[{"protocolSection": ', r"ctg-studies\.json is damaged"),
        ("ctg-studies.json", b"<html></html>", r"ctg-studies\.json is damaged"),
        ("a.xml", b"<clinical_study><id_info>", r"a\.xml is damaged or cut off"),
        ("a.xml", b"<clinical_study/>", "study 1: .* is no NCT number"),
        ("ctg-studies.json", "Größe".encode("latin-1"), r"ctg-studies\.json is damaged"),
        ("ctg-studies.json", b'{"studies": []}', "should be a list of studies"),
        ("ctg-studies.json", b'[{"protocolSection": {}}]', "study 1: .* is no NCT number"),
        ("a.csv", b"", r"a\.csv is damaged"),
        ("a.csv", b"NCT Number,Conditions\nx,y\n", "has the columns NCT Number, Conditions; it should have"),
        ("a.csv", b"nct_id,title,disease,outcome_measure\n7,t,d,o\n", "study 1: .* is no NCT number"),
        ("a.csv", "nct_id,title\nNCT00000001,Größe\n".encode("latin-1"), r"a\.csv is damaged"),
        ("a.csv.xz", lzma.compress(b"nct_id,title\n" * 9)[:-9], r"a\.csv\.xz is damaged"),
        ("a.csv.xz", b"no xz at all", r"a\.csv\.xz is damaged"),
        ("unrelated.txt", b"", "holds no studies"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MedteError, match=message):
        list(read(tmp_path))


@pytest.mark.skipif(not MIRROR, reason="MEDTE_MIRROR is not set: the real exports are not here")
def test_counts_of_the_real_exports():
    dropped = Counter()
    records = list(read(Path(MIRROR) / "clinicaltrials", dropped))
    assert dropped == {"study that is there already": 10}
    assert Counter(record.facts["title_kind"] for record in records) == {"official": 51 + 65, "brief": 717 + 172 + 99}
    assert Counter(name for record in records for name in record.texts) == {
        "official_title": 1039 + 65,
        "detailed_description": 20 + 38,
        "primary_outcomes": 51 + 170 + 99 + 62,
        "first_primary_outcome": 51 + 170 + 62,
    }
