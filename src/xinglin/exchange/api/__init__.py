"""Commands and views over HTTP, with OpenAPI: each is one operation, made from its one definition."""

from xinglin.exchange.api.application import Gate, create_api

__all__ = ["Gate", "create_api"]
