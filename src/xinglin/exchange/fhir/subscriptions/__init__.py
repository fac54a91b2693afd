"""Subscriptions of FHIR R4: who has asked for it is told of every change, by rest-hook."""

from xinglin.exchange.fhir.subscriptions.service import CHANNEL, Subscriptions

__all__ = ["CHANNEL", "Subscriptions"]
