"""The form as it stands asks the same question again: nothing in force is lost on the way."""

from html.parser import HTMLParser

import pytest

from messages_app.analysis.query import MessageQuery
from messages_app.filters import question_url
from tests.views.conftest import NOW

EVERYTHING = MessageQuery(
    now=NOW, period="yesterday", destination="33639981234", sender="ACME", message="~1.5 kg",
    type="messages-out", countries=("BE", "FR"), statuses=("denied", "other", "withdrawn"),
    details=("NO, THANKS", "REJECTED"), campaign="7", client="1", reference="order 9",
    sort="-cost", per_page=25,
)  # fmt: skip


class Form(HTMLParser):
    """What a browser would send of the filter form."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.select = ""
        self.is_ours = False
        self.feed(shown)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.is_ours = "data-filters" in given
        if tag == "select":
            self.select = given["name"]
        chosen = tag == "option" and "selected" in given
        typed = tag == "input" and ("checked" in given or given.get("type") != "checkbox")
        name = self.select if chosen else given.get("name", "")
        if self.is_ours and (chosen or typed) and name != "csrfmiddlewaretoken":
            self.sent.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self.is_ours = False


@pytest.mark.parametrize("path", ["/messages/", "/analytics/"])
def test_the_form_sent_as_it_stands_is_the_same_question(account, support_client, path):
    address = question_url(path, EVERYTHING)
    sent = Form(support_client.get(address).content.decode()).sent
    assert support_client.post(path, sent).headers["Location"] == address


def test_a_corrected_form_has_lost_nothing_besides_its_mistake(account, support_client):
    address = question_url("/messages/", EVERYTHING).replace("country=BE", "country=Atlantis")
    sent = Form(support_client.get(address).content.decode()).sent
    assert sent["country"] == ["Atlantis, FR"]
    corrected = {**sent, "country": ["Belgique, FR"]}
    answer = support_client.post("/messages/", corrected)
    assert answer.headers["Location"] == question_url("/messages/", EVERYTHING)


def test_unknown_statuses_can_be_chosen_and_withdrawn_ones_stay_chosen(account, support_client):
    shown = support_client.get("/messages/").content.decode()
    assert 'name="status" value="other"' in shown
    assert 'name="status" value="withdrawn"' not in shown
    shown = support_client.get("/messages/?status=withdrawn").content.decode()
    assert 'name="status" value="withdrawn" checked' in shown
