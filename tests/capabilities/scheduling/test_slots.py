"""Quotas are spread over a session, whatever is asked for."""

from hypothesis import given
from hypothesis import strategies as st

from xinglin.capabilities.scheduling.slots import spread

QUOTAS = st.dictionaries(st.sampled_from(["app", "own", "referral"]), st.integers(0, 60), max_size=3)


@given(st.integers(0, 80), QUOTAS)
def test_every_channel_gets_its_share_all_over_the_session(places: int, quotas: dict[str, int]) -> None:
    channels = spread(places, quotas)
    assert len(channels) == places
    if not any(quotas.values()):
        assert set(channels) <= {None}
        return
    shares = {name: channels.count(name) for name in ("app", "own", "referral", "window")}
    asked = sum(quotas.values())
    if asked <= places:
        assert all(shares[name] == number for name, number in quotas.items())
        assert shares["window"] == places - asked
    for at in range(1, places + 1):
        for name, share in shares.items():
            # Nobody's places lie all at one end: at every point a channel has about its part of what has passed.
            assert abs(channels[:at].count(name) - share * at / places) < 2
