"""How bills are split, rounded and given back: sums that hold for every bill."""

from collections import defaultdict
from decimal import ROUND_DOWN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.capabilities.billing import payments
from xinglin.capabilities.billing.payments import Payment
from xinglin.kernel.errors import Refused

CENTS = st.integers(1, 500_000).map(lambda cents: Decimal(cents) / 100)


def total(parts: list[Payment]) -> Decimal:
    return sum((part.amount for part in parts), Decimal(0))


@given(CENTS, st.lists(st.integers(0, 100), min_size=2, max_size=2))
def test_a_split_comes_to_the_bill(due: Decimal, shares: list[int]) -> None:
    card, qr = ((due * share / 200).quantize(Decimal("0.01"), ROUND_DOWN) for share in shares)
    parts = payments.split(due, "cash", {"card": card, "qr": qr, "cash": due - card - qr})
    assert total(parts) == due
    assert all(part.amount % payments.CASH_STEP == 0 for part in parts if part.method == "cash")
    assert abs(total([part for part in parts if part.method == payments.ROUNDING])) <= Decimal("0.05")


@given(CENTS, st.data())
def test_a_bill_goes_back_in_parts_and_never_more_than_came(due: Decimal, data: st.DataObject) -> None:
    card = data.draw(st.integers(0, int(due * 100)).map(lambda cents: Decimal(cents) / 100))
    qr = data.draw(st.integers(0, int((due - card) * 100)).map(lambda cents: Decimal(cents) / 100))
    paid = payments.split(due, "cash", {"card": card, "qr": qr, "cash": due - card - qr})
    came: dict[str, Decimal] = defaultdict(Decimal)
    for part in paid:
        came[part.method] += part.amount
    returned: list[Payment] = []
    left = due
    for last in (False, False, False, True):
        amount = left if last else data.draw(st.integers(0, int(left * 100)).map(lambda cents: Decimal(cents) / 100))
        if not amount:
            continue
        parts = payments.give_back(amount, paid, returned)
        assert total(parts) == -amount
        for part in parts:
            if part.method != payments.ROUNDING:
                assert part.amount < 0
                came[part.method] += part.amount
                assert came[part.method] >= 0
        returned += parts
        left -= amount
    assert {method for method, amount in came.items() if amount and method != payments.ROUNDING} == set()
    with pytest.raises(ValueError, match="more than was paid"):
        payments.give_back(Decimal("0.01"), paid, returned)


def test_amounts_that_do_not_come_to_the_bill_are_refused() -> None:
    for given_amounts in ({"card": Decimal(10)}, {"card": Decimal(30)}, {"card": Decimal(10), "cash": Decimal(5)}):
        with pytest.raises(Refused):
            payments.split(Decimal(25), "qr", given_amounts)
    assert payments.split(Decimal(0), "cash", {}) == []
    assert payments.split(Decimal("10.25"), "cash", {}) == [
        Payment("cash", Decimal("10.30")),
        Payment(payments.ROUNDING, Decimal("-0.05")),
    ]
