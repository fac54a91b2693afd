"""Lets a repository ask this terminology: for searches by value sets and subsumption, and for bindings on writes."""

from functools import partial

from xinglin.store.repository import Repository
from xinglin.terminology.bindings import members
from xinglin.terminology.expansion import codes_of
from xinglin.terminology.lookup import related_codes


def knowing(repository: Repository) -> Repository:
    """The repository, which from now on knows the code systems and value sets that it holds."""
    repository.expand = partial(codes_of, repository)
    repository.related = partial(related_codes, repository)
    repository.members = partial(members, repository)
    return repository
