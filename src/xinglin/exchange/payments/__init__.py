"""The payment gateway by HTTP: what we ask it, and what it calls back."""

from xinglin.exchange.payments.callbacks import create_callbacks
from xinglin.exchange.payments.client import HttpGateway, gateway_of

__all__ = ["HttpGateway", "create_callbacks", "gateway_of"]
