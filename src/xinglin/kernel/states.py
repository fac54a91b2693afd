"""State tables: a workflow is a list of transitions that the kernel enforces, documents and draws.

The state itself is kept where FHIR puts workflow marks, in `meta.tag` (R4 2.1.0.8 "Meta: tag"), and the R4 status
element of the resource always follows it, so that a reader who knows only FHIR is never told something wrong.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xinglin.fhir.types import Resource
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.kernel.roles import role_name
from xinglin.kernel.text import listed
from xinglin.platform.i18n import gettext as _

STATE_SYSTEM = "urn:xinglin:state:"


@dataclass(frozen=True)
class State:
    """One state: its code, title, and the value that the R4 status element takes in it."""

    code: str
    title: str
    status: str


@dataclass(frozen=True)
class Transition:
    """`state` becomes `next` by `command`; `who` names the roles that may. `state` None: the resource is new."""

    state: str | None
    command: str
    next: str
    who: tuple[str, ...]


@dataclass(frozen=True)
class StateTable:
    """A workflow over one resource type.

    `type` is the resource type, `status` its R4 status element. The table is checked when it is declared.
    """

    name: str
    title: str
    type: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    status: str = "status"
    _by_code: Mapping[str, State] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_code = {state.code: state for state in self.states}
        if len(by_code) != len(self.states):
            raise ValueError(f"State table {self.name}: a state is declared twice")
        for transition in self.transitions:
            for code in {transition.state or transition.next, transition.next}:
                if code not in by_code:
                    raise ValueError(f"State table {self.name}: transition names unknown state {code}")
        object.__setattr__(self, "_by_code", by_code)

    @property
    def system(self) -> str:
        """The code system of this table's states."""
        return STATE_SYSTEM + self.name

    def tag(self, code: str) -> str:
        """A search value for `_tag` that finds the resources in state `code`."""
        if code not in self._by_code:
            raise ValueError(f"State table {self.name} has no state {code}")
        return f"{self.system}|{code}"

    def of(self, resource: Resource) -> State | None:
        """The state that `resource` is in, or None while it is outside this workflow."""
        for tag in (resource.get("meta") or {}).get("tag") or ():
            if tag.get("system") == self.system:
                return self._by_code.get(tag.get("code"))
        return None

    def possible(self, state: str | None) -> tuple[Transition, ...]:
        """Transitions that lead out of `state` (None: into the workflow)."""
        return tuple(transition for transition in self.transitions if transition.state == state)

    def move(self, resource: Resource, command: str, roles: Iterable[str], to: str | None = None) -> Resource:
        """`resource` in its next state by `command`; the argument is left as it was.

        Raises:
            Refused: the table has no such transition; the message names the state and what is possible in it.
            NotPermitted: none of `roles` may take it.
        """
        current = self.of(resource)
        code = current.code if current else None
        fitting = [
            transition
            for transition in self.possible(code)
            if transition.command == command and to in (None, transition.next)
        ]
        if not fitting:
            raise Refused(self._explain(current, command))
        if len(fitting) > 1:
            raise ValueError(f"State table {self.name}: {command} in {code} leads to several states; name one")
        transition = fitting[0]
        if not set(roles) & set(transition.who):
            raise NotPermitted(
                _("This step is for: {roles}").format(roles=listed(role_name(role) for role in transition.who))
            )
        return self._enter(resource, self._by_code[transition.next])

    def _enter(self, resource: Resource, state: State) -> Resource:
        meta = dict(resource.get("meta") or {})
        tags = [tag for tag in meta.get("tag") or () if tag.get("system") != self.system]
        meta["tag"] = [*tags, {"system": self.system, "code": state.code}]
        return {**resource, "meta": meta, self.status: state.status}

    def _explain(self, current: State | None, command: str) -> str:
        if current is None:
            return _("{table}: not begun, so '{command}' is not possible yet").format(
                table=_(self.title), command=command
            )
        fitting = [self._by_code[t.state].title for t in self.transitions if t.command == command and t.state]
        return _("{table} is in state '{state}'; this step is possible only in: {states}").format(
            table=_(self.title),
            state=_(current.title),
            states=listed(dict.fromkeys(_(title) for title in fitting)) or "—",
        )

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        steps = [f"    {t.state or '[*]'} --> {t.next}: {t.command}" for t in self.transitions]
        ends = [f"    {state.code} --> [*]" for state in self.states if not self.possible(state.code)]
        return "\n".join(["stateDiagram-v2", *steps, *ends])
