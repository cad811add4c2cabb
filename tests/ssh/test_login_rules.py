"""Who answers at a login and how often, rule by rule: no server is needed to ask too much."""

from __future__ import annotations

import pytest

from gputui.core.secret import Secret
from gputui.ssh.credentials.login import Login
from gputui.ssh.prompter import LoginQuestion, NonInteractive

PASSWORD = ("Password:", False)


class Person(NonInteractive):
    """Gives the same answer to every prompt, or none."""

    def __init__(self, answer: str | None = "typed") -> None:
        self.answer = answer
        self.asked: list[LoginQuestion] = []

    async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
        self.asked.append(question)
        return tuple(Secret(self.answer) for _ in question.prompts) if self.answer is not None else None


def login(person: Person, given: str = "") -> Login:
    return Login("gpu", 22, "root", person, Secret(given) if given else None)


async def test_the_password_of_an_api_is_sent_once_and_nobody_is_asked() -> None:
    person = Person()
    one = login(person, "given")
    assert not one.spent
    assert [await one.password(), await one.password()] == ["given", None]
    assert one.spent
    assert person.asked == []
    assert not login(person).spent


async def test_a_person_is_asked_three_times_and_told_that_it_is_again() -> None:
    person = Person()
    one = login(person)
    assert [await one.password() for _ in range(4)] == ["typed", "typed", "typed", None]
    assert [question.again for question in person.asked] == [False, True, True]


async def test_who_gives_no_answer_is_not_asked_again_in_either_way() -> None:
    person = Person(None)
    one = login(person)
    assert await one.password() is None
    person.answer = "typed"
    assert await one.password() is None
    assert not one.interactive()
    assert len(person.asked) == 1


async def test_the_interactive_way_is_tried_again_only_after_an_answer_and_three_times() -> None:
    one = login(Person())
    assert one.interactive()
    assert not one.interactive(), "nothing was answered since"
    for count in range(1, 4):
        assert await one.challenged("", "", [("Code:", True)]) == ["typed"]
        assert one.interactive() is (count < 3)


async def test_a_password_of_an_api_goes_only_where_the_accounts_password_is_asked_for_unseen() -> None:
    person = Person()
    asked = [("Password:", True), ("One-time password:", False), ("New password:", False), PASSWORD]
    assert await login(person, "given").challenged("", "", asked) == ["typed", "typed", "typed", "given"]
    assert [len(question.prompts) for question in person.asked] == [3]


async def test_a_second_request_for_the_password_of_an_api_ends_it() -> None:
    person = Person()
    one = login(person, "given")
    assert await one.challenged("", "", [PASSWORD]) == ["given"]
    assert await one.challenged("", "", [PASSWORD]) is None
    assert one.gave_up and person.asked == []


@pytest.mark.parametrize(("prompts", "answered"), [(8, True), (9, False)])
async def test_eight_prompts_at_once_are_answered_and_nine_are_not(prompts: int, answered: bool) -> None:
    one = login(Person())
    assert (await one.challenged("", "", [("Code:", True)] * prompts) is not None) is answered
    assert one.gave_up is not answered


async def test_twenty_rounds_are_answered_and_the_next_ends_it() -> None:
    one = login(Person())
    assert [await one.challenged("", "hello", []) for _ in range(20)] == [[]] * 20
    assert await one.challenged("", "hello", []) is None
    assert one.gave_up
    assert len(one.said) <= 12


async def test_who_answers_less_than_was_asked_has_given_up() -> None:
    class Half(Person):
        async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
            return (Secret("one"),)

    one = login(Half())
    assert await one.challenged("", "", [("Code:", True), ("Name:", True)]) is None
    assert one.gave_up
