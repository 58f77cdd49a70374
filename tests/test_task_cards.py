"""The page of task cards: every task with its numbers, its definition, and an example only of the project's own text."""

import pandas as pd
from made_up import retrieval

from medte.evaluation.statistics import Scores
from medte.report import task_cards
from medte.tasks.build import TaskData
from medte.tasks.catalogue import task as find_task

NAME = "MedQuADRetrieval"


class Edition:
    """One retrieval task and one pair task."""

    def __init__(self, name):
        self.name = name

    def cards(self):
        common = {
            "definition": "title_of | *x*", "documents": 1200, "rows": 4, "source": "medquad", "labels": {},
        }  # fmt: skip
        words = {"median": 12.0}
        return {
            NAME: common
            | {
                "name": NAME, "family": "retrieval", "words": {"query": words, "document": words},
                "repeats": {"query": {"rows_elsewhere": 2}, "document": {"rows_elsewhere": 0}},
                "bounds": {"ceiling_ndcg_at_10": 0.9},
            },
        }  # fmt: skip

    def task_data(self, name):
        rows = pd.DataFrame({"query": ["what is <it>?"], "document": ["a " * 300], "unit": ["1"]})
        return TaskData(find_task(name), rows, {})


def test_a_task_stands_with_its_numbers_and_the_best_score():
    scores = Scores([retrieval("tfidf", NAME, [0.4, 0.6]), retrieval("random", NAME, [0.1, 0.1])], draws=20)
    html = task_cards.table(Edition("mini").cards(), scores, "c")
    assert f'<a href="#{NAME}">' in html
    cells = html.split("<td>")[1:]
    assert [cell.split("</td>")[0] for cell in cells] == [
        "Retrieval", "medquad", "yes", "1,200", "12 / 12", "25", "–", "90.0", "50.0",
    ]  # fmt: skip
    assert "<td>–</td></tr>" in task_cards.table(Edition("mini").cards(), Scores([]), "c")


def test_definitions_are_plain_and_examples_are_of_the_projects_own_text():
    text = task_cards.definitions(Edition("mini"))
    assert f'<a id="{NAME}"></a>**{NAME}** (retrieval, medquad): title\\_of \\| \\*x\\*.' in text
    assert "> *query*: what is &lt;it&gt;? · *document*: a a" in text and "…" in text and len(text) < 800
    real = task_cards.definitions(Edition("open"))
    assert f"**{NAME}**" in real and ">" not in real.replace('"></a>', "")
