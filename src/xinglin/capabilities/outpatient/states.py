"""The workflows of a visit and of its place in the queue."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

DESK = ("registrar", "nurse")
BOOKERS = (*DESK, "doctor", "kiosk", "app")
"""Who may register a visit: the desk, a doctor for the next visit, and the hospital's devices and services."""

DOCTOR = ("doctor",)
SYSTEM = ("system",)
NOT_SEEN = ("WAITING", "CALLED", "PASSED")
AFTER_CONSULT = ("PENDING_FEE", "IN_EXECUTION", "PENDING_MEDICATION", "FINISHED")
"""Where a visit stands while the doctor is done with it: bills open, tests and treatments to be carried out, medicine
to be fetched, or nothing left."""

visit = StateTable(
    name="visit",
    title=N_("Visit"),
    type="Encounter",
    states=(
        State("REGISTERED", N_("Registered"), "planned"),
        State("WAITING", N_("Waiting"), "arrived"),
        State("IN_CONSULT", N_("In consultation"), "in-progress"),
        State("PENDING_FEE", N_("To be paid"), "in-progress"),
        State("IN_EXECUTION", N_("Tests and treatment"), "in-progress"),
        State("PENDING_MEDICATION", N_("To fetch medicine"), "in-progress"),
        State("FINISHED", N_("Finished"), "finished"),
        State("CANCELLED", N_("Cancelled"), "cancelled"),
    ),
    transitions=(
        Transition(None, "outpatient.register_visit", "REGISTERED", BOOKERS),
        Transition("REGISTERED", "outpatient.move_visit", "REGISTERED", BOOKERS),
        Transition("REGISTERED", "outpatient.join_queue", "WAITING", (*DESK, "kiosk")),
        Transition("REGISTERED", "outpatient.cancel_visit", "CANCELLED", (*BOOKERS, *SYSTEM)),
        Transition("WAITING", "outpatient.leave", "CANCELLED", (*DESK, *DOCTOR, *SYSTEM)),
        Transition("WAITING", "outpatient.receive", "IN_CONSULT", DOCTOR),
        *(Transition(state, "outpatient.receive", "IN_CONSULT", DOCTOR) for state in AFTER_CONSULT),
        *(Transition("IN_CONSULT", "outpatient.finish", state, DOCTOR) for state in AFTER_CONSULT),
        *(Transition(state, "outpatient.reopen", "IN_CONSULT", DOCTOR) for state in AFTER_CONSULT),
        *(
            Transition(before, "outpatient.handlers.advance", after, SYSTEM)
            for before in AFTER_CONSULT
            for after in AFTER_CONSULT
            if before != after
        ),
    ),
)

queue = StateTable(
    name="queue",
    title=N_("Queue"),
    type="Task",
    states=(
        State("WAITING", N_("Waiting"), "requested"),
        State("CALLED", N_("Called"), "received"),
        State("PASSED", N_("Passed over"), "on-hold"),
        State("SERVING", N_("With the doctor"), "in-progress"),
        State("SERVED", N_("Served"), "completed"),
        State("LEFT", N_("Left"), "cancelled"),
    ),
    transitions=(
        Transition(None, "outpatient.join_queue", "WAITING", (*DESK, "kiosk")),
        Transition("WAITING", "outpatient.call_in", "CALLED", DOCTOR),
        Transition("CALLED", "outpatient.call_in", "CALLED", DOCTOR),
        Transition("CALLED", "outpatient.pass_over", "PASSED", DOCTOR),
        Transition("PASSED", "outpatient.requeue", "WAITING", (*DOCTOR, *DESK)),
        *(Transition(before, "outpatient.leave", "LEFT", (*DESK, *DOCTOR, *SYSTEM)) for before in NOT_SEEN),
        *(Transition(before, "outpatient.leave", "SERVED", (*DESK, *DOCTOR, *SYSTEM)) for before in NOT_SEEN),
        *(Transition(before, "outpatient.transfer", "WAITING", (*DESK, *DOCTOR)) for before in NOT_SEEN),
        Transition("CALLED", "outpatient.receive", "SERVING", DOCTOR),
        Transition("SERVING", "outpatient.finish", "SERVED", DOCTOR),
        Transition("SERVED", "outpatient.rejoin", "WAITING", (*DESK, *SYSTEM)),
        *(Transition(before, "outpatient.reopen", "SERVING", DOCTOR) for before in ("SERVED", *NOT_SEEN)),
    ),
)

HEAD = ("head",)

template = StateTable(
    name="template",
    title=N_("Template"),
    type="Questionnaire",
    states=(
        State("DRAFT", N_("Draft"), "draft"),
        State("SUBMITTED", N_("Submitted"), "draft"),
        State("ACTIVE", N_("In use"), "active"),
        State("RETIRED", N_("Retired"), "retired"),
    ),
    transitions=(
        Transition(None, "outpatient.draft_template", "DRAFT", DOCTOR),
        Transition(None, "outpatient.revise_template", "DRAFT", DOCTOR),
        Transition("DRAFT", "outpatient.submit_template", "SUBMITTED", DOCTOR),
        Transition("SUBMITTED", "outpatient.return_template", "DRAFT", HEAD),
        Transition("SUBMITTED", "outpatient.approve_template", "ACTIVE", HEAD),
        Transition("DRAFT", "outpatient.retire_template", "RETIRED", DOCTOR),
        Transition("ACTIVE", "outpatient.retire_template", "RETIRED", HEAD),
    ),
)

certificate = StateTable(
    name="certificate",
    title=N_("Certificate"),
    type="Composition",
    states=(
        State("ISSUED", N_("Issued"), "final"),
        State("REVOKED", N_("Void"), "entered-in-error"),
    ),
    transitions=(
        Transition(None, "outpatient.issue_sick_note", "ISSUED", DOCTOR),
        Transition(None, "outpatient.certify_diagnosis", "ISSUED", DOCTOR),
        Transition("ISSUED", "outpatient.revoke_certificate", "REVOKED", DOCTOR),
    ),
)

request = StateTable(
    name="request",
    title=N_("Referral or admission"),
    type="ServiceRequest",
    states=(
        State("REQUESTED", N_("Requested"), "active"),
        State("TAKEN_UP", N_("Taken up"), "completed"),
        State("CANCELLED", N_("Cancelled"), "revoked"),
    ),
    transitions=(
        Transition(None, "outpatient.refer", "REQUESTED", DOCTOR),
        Transition(None, "outpatient.order_admission", "REQUESTED", DOCTOR),
        Transition("REQUESTED", "outpatient.take_up_referral", "TAKEN_UP", DOCTOR),
        Transition("REQUESTED", "outpatient.cancel_request", "CANCELLED", DOCTOR),
    ),
)
