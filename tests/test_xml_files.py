"""XML in files and archives, and what its elements say."""

import gzip
import io
import tarfile

import pytest
from lxml import etree

from medte.errors import MedteError
from medte.sources.getting import Unusable
from medte.sources.xml_files import elements, holds_xml, iso_date, require_elements, text, whole, xml_files


def archive(path, **files):
    with tarfile.open(path, "w:xz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            tar.addfile(info, io.BytesIO(content.encode()))


def test_files_come_last_name_first_and_archives_after_them(tmp_path):
    assert not holds_xml(tmp_path, ".xml")
    (tmp_path / "a.xml").write_bytes(b"1")
    (tmp_path / "b.xml.gz").write_bytes(gzip.compress(b"2"))
    (tmp_path / "c.txt").write_bytes(b"3")
    archive(tmp_path / "a.tar.xz", **{"x/2.nxml": "5", "x/1.xml": "4", "README": "6"})
    read = [(path.name, stream.read()) for path, stream in xml_files(tmp_path, ".xml", ".nxml", ".xml.gz")]
    assert read == [("b.xml.gz", b"2"), ("a.xml", b"1"), ("1.xml", b"4"), ("2.nxml", b"5")]
    assert holds_xml(tmp_path, ".nothing")  # the archive, into which nobody looked


def test_elements_come_one_after_another_and_are_emptied():
    stream = io.BytesIO(b"<!DOCTYPE s><?before it?><s><a>1</a><b><a>2</a></b><c>3</c></s>")
    first, second = [], []
    for element in elements(stream, ("a", "c")):
        first.append(text(element))
        second.append(element)
    assert first == ["1", "2", "3"] and not any(map(text, second))


def test_a_root_is_an_element_too():
    assert [element.tag for element in elements(io.BytesIO(b"<?before it?><a><b/></a>"), ("a",))] == ["a"]


@pytest.mark.parametrize("body", [b"<s><a></s>", b"<s><a/>", b"<s/>", b"<!DOCTYPE html><p>Busy<br></p>"])
def test_a_page_without_whole_elements_is_unusable(body):
    with pytest.raises(Unusable, match=r"no whole XML|no article"):
        require_elements(body, ("a",))


def test_damage_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(MedteError, match=r"a\.xml is damaged or cut off"), whole(tmp_path / "a.xml"):
        list(elements(io.BytesIO(b"<s><a>"), ("a",)))


def test_text_is_words_alone_on_one_line():
    element = etree.fromstring("<p>Small<sub>2</sub>\n  <!-- not this --> toes&#160;&lt;1<?nor this?> cm.</p>")
    assert text(element) == "Small2 toes <1 cm." and text(None) == ""


@pytest.mark.parametrize(
    ("parts", "date"),
    [
        (("2001",), "2001"),
        (("2001", "7"), "2001-07"),
        (("2001", "July", "4"), "2001-07-04"),
        (("2001", "Jul", "04"), "2001-07-04"),
        (("2001", "Spring", "4"), "2001"),
        (("2001", "", "4"), "2001"),
    ],
)
def test_a_date_is_as_exact_as_it_is_known(parts, date):
    assert iso_date(*parts) == date
