"""Subscriptions of FHIR R4, also to topics: who has asked for it is told of every change, by rest-hook."""

from xinglin.exchange.fhir.subscriptions.acting import CHANNEL
from xinglin.exchange.fhir.subscriptions.service import Subscriptions

__all__ = ["CHANNEL", "Subscriptions"]
