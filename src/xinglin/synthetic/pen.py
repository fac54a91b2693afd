"""Where the resources of one patient are collected, under ids that follow one another."""

from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.synthetic.bodies import Body
from xinglin.synthetic.chance import Chance
from xinglin.synthetic.courses.model import Rx
from xinglin.synthetic.plan import Plan


class Pen:
    """A patient's resources so far, the patient's body, and the chance that belongs to this patient alone."""

    def __init__(self, plan: Plan, id: str, name: str, body: Body, chance: Chance) -> None:
        self.plan, self.id, self.name, self.body, self.chance = plan, id, name, body, chance
        self.resources: list[Resource] = []
        self._coins: dict[tuple[str, str], bool] = {}
        self._last = 0

    @property
    def patient(self) -> Json:
        """A Reference to the patient."""
        return build.reference(f"Patient/{self.id}", self.name)

    def getting(self, course: str, rx: Rx) -> bool:
        """Whether this patient is among those who get a medicine, each time that the course comes to it."""
        if (course, rx.drug) not in self._coins:
            self._coins[course, rx.drug] = self.chance.of(rx.share)
        return self._coins[course, rx.drug]

    def next_id(self) -> str:
        """An id that nothing else has."""
        self._last += 1
        return f"{self.id}-{self._last:04d}"

    def add(self, resource: Resource) -> Resource:
        """Keeps a resource, under the next id where it has none yet."""
        resource.setdefault("id", self.next_id())
        self.resources.append(resource)
        return resource
