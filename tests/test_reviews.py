"""Tables of systematic reviews, made up here, as PubMed's reader reads them."""

from collections import Counter

import pytest
from test_entrez import article, article_set

from medte.errors import MedteError
from medte.sources import pubmed
from medte.sources.pubmed import read


def read_table(tmp_path, text, name="review_Nagtegaal_2019.csv", dropped=None, encoding="utf-8"):
    (tmp_path / name).write_bytes(text.encode(encoding))
    return list(read(tmp_path, dropped))


def test_a_table_is_read_with_its_gaps_and_odd_rows(tmp_path):
    dropped = Counter()
    records = read_table(
        tmp_path,
        "record_id,title,abstract,year\n"
        '1,"A toe, red","Swollen\n and ""hot"".",1999\n'
        "2,A gap, ,2000\n"
        "3,,No title.,2000\n"
        "4,NA,None,0000\n"
        "5,Short row\n"
        "6,Long,row,2000,more\n"
        "1,Again,the id,2001\n",
        dropped=dropped,
    )
    assert [record.texts for record in records] == [
        {"title": "A toe, red", "abstract": 'Swollen and "hot".'},
        {"title": "NA", "abstract": "None"},
    ]
    assert [record.id for record in records] == ["pubmed:review_Nagtegaal_2019/1", "pubmed:review_Nagtegaal_2019/4"]
    assert [(record.date, record.licence) for record in records] == [("1999", "CC0-1.0"), (None, "CC0-1.0")]
    assert dropped == {"no abstract": 1, "no title": 1, "row of another length": 2, "given again, or deleted": 1}


def test_a_row_with_a_pmid_is_the_article_and_a_duplicate_shares_its_document(tmp_path):
    (tmp_path / "a.xml").write_text(article_set(article(7)), encoding="utf-8")
    records = read_table(
        tmp_path,
        "id,title,abstract,accession_number,database_provider,doi,duplicate_record_id\n"
        "1,T,A,7,NLM,,\n2,T,A,8,NLM,10.1/X,\n3,T,A,9,Scopus,,\n4,T,A,,,,3\n",
        name="other.csv",
    )
    assert [record.id for record in records] == ["pubmed:7", "pubmed:8", "pubmed:other/3", "pubmed:other/4"]
    assert records[0].texts["title"] == "A toe." and records[1].facts == {"identities": ["pmid:8", "doi:10.1/x"]}
    assert records[3].document == "pubmed:other/3" and records[2].licence == pubmed.LICENCE


@pytest.mark.parametrize(
    ("text", "encoding", "problem"),
    [
        ("title,text\nA,B\n", "utf-8", "title and abstract are needed"),
        ("title,abstract\nGröße,B\n", "latin-1", "no table in UTF-8"),
        ("", "utf-8", "title and abstract are needed"),
        ('title,abstract\nA,"cut in the mid', "utf-8", "no table in UTF-8"),
    ],
)
def test_what_is_no_table_is_an_error(tmp_path, text, encoding, problem):
    with pytest.raises(MedteError, match=rf"review_Nagtegaal_2019\.csv .*{problem}"):
        read_table(tmp_path, text, encoding=encoding)
