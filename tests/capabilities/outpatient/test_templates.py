"""Structured histories: designed, put into use by the head of the department, answered, written into the record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hospital import Hospital
from xinglin.capabilities.outpatient import resources
from xinglin.capabilities.outpatient.questionnaires import KINDS, Question
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.errors import NotPermitted, Refused


async def designed(hospital: Hospital) -> str:
    """A draft of cardiology with three questions."""
    made = await hospital.do("doctor", "outpatient.draft_template", title="胸痛问诊")
    template = f"Questionnaire/{made['id']}"
    for question in (
        {"text": "放射痛", "kind": "boolean"},
        {"text": "性质", "kind": "choice", "options": "压榨样\n刺痛\n压榨样", "required": True},
        {"text": "持续时间", "kind": "decimal", "unit": "分钟", "section": "chief_complaint"},
    ):
        await hospital.do("doctor", "outpatient.add_question", template=template, **question)
    return template


async def note(hospital: Hospital, visit: str) -> dict[str, str]:
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        found = await context.search("Composition", [("encounter", visit)])
    return resources.note_values(found.resources[0])


async def test_a_template_is_drafted_approved_revised_and_retired(hospital: Hospital) -> None:
    template = await designed(hospital)
    await hospital.do("doctor", "outpatient.raise_question", template=template, link="q2")
    assert [item["linkId"] for item in (await hospital.read(template))["item"]] == ["q2", "q1", "q3"]
    assert [option["valueString"] for option in (await hospital.read(template))["item"][0]["answerOption"]] == [
        "压榨样",
        "刺痛",
    ]
    await hospital.do("doctor", "outpatient.drop_question", template=template, link="q1")
    with pytest.raises(Refused):
        await hospital.do("doctor2", "outpatient.drop_question", template=template, link="q2")
    await hospital.do("doctor", "outpatient.submit_template", template=template)
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.add_question", template=template, text="x")
    with pytest.raises(NotPermitted):
        await hospital.do("doctor", "outpatient.approve_template", template=template)
    await hospital.do("head", "outpatient.return_template", template=template, reason="请补充")
    await hospital.do("doctor", "outpatient.submit_template", template=template)
    await hospital.do("head", "outpatient.approve_template", template=template)
    assert (await hospital.read(template))["status"] == "active"

    made = await hospital.do("doctor", "outpatient.revise_template", template=template)
    following = f"Questionnaire/{made['id']}"
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.revise_template", template=template)
    assert (made["version"], made["url"]) == ("2", (await hospital.read(template))["url"])
    await hospital.do("doctor", "outpatient.submit_template", template=following)
    assert await hospital.state("template", template) == "ACTIVE"
    await hospital.do("head", "outpatient.approve_template", template=following)
    assert await hospital.state("template", template) == "RETIRED"
    rows = await hospital.rows("doctor", "outpatient.templates")
    assert {row.key: row.state for row in rows}[following] == "ACTIVE"
    assert following not in {row.key for row in await hospital.rows("doctor2", "outpatient.templates")}


async def test_answers_are_kept_and_their_text_stands_in_the_record(hospital: Hospital) -> None:
    template = await designed(hospital)
    await hospital.do("doctor", "outpatient.submit_template", template=template)
    visit = await hospital.consultation(await hospital.patient("王问诊"))
    answers = {"q1": "false", "q2": "压榨样", "q3": "15"}
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.answer_template", visit=visit, template=template, **answers)
    await hospital.do("head", "outpatient.approve_template", template=template)
    await hospital.do("doctor", "outpatient.write_note", visit=visit, present_illness="劳累后发作。")
    kept = await hospital.do("doctor", "outpatient.answer_template", visit=visit, template=template, **answers)
    assert kept["item"][2]["answer"] == [{"valueDecimal": 15}]
    held = await note(hospital, visit)
    assert held["present_illness"] == "劳累后发作。\n无放射痛；性质：压榨样。"
    assert held["chief_complaint"] == "持续时间：15 分钟。"
    await hospital.do(
        "doctor", "outpatient.answer_template", visit=visit, template=template, **{**answers, "q1": "true"}
    )
    assert (await note(hospital, visit))["present_illness"] == "劳累后发作。\n有放射痛；性质：压榨样。"


async def test_answers_that_do_not_fit_are_named(hospital: Hospital) -> None:
    row = next(row for row in await hospital.rows("doctor", "outpatient.templates") if row.title == "高血压随访")
    visit = await hospital.consultation(await hospital.patient("李答错"))
    with pytest.raises(BadRequest) as wrong:
        await hospital.do(
            "doctor",
            "outpatient.answer_template",
            visit=visit,
            template=row.key,
            q1="maybe",
            q5="abc",
            q8=["游泳"],
            q77="x",
        )
    assert {issue.expression for issue in wrong.value.issues} == {"q1", "q5", "q7", "q8", "q77"}
    with pytest.raises(BadRequest):
        await hospital.do(
            "doctor", "outpatient.add_question", template=row.key, text="只有一个", kind="choice", options="甲"
        )


@given(
    st.builds(
        Question,
        link=st.integers(1, 99).map(lambda number: f"q{number}"),
        text=st.text("头晕胸痛", min_size=1, max_size=8),
        kind=st.sampled_from([kind for kind in KINDS if kind not in ("choice", "several")]),
        section=st.sampled_from(list(resources.SECTIONS)),
        required=st.booleans(),
    )
)
def test_a_question_is_the_same_after_it_was_stored(question: Question) -> None:
    assert Question.from_item(question.to_item()) == question
