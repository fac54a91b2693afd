"""Signatures, against an example that is published with the libraries of Standard Webhooks."""

import base64

from xinglin.platform.webhooks import sign

SECRET = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signature_is_as_others_make_it() -> None:
    made = sign([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == SIGNATURE


def test_every_secret_in_force_signs() -> None:
    made = sign([b"other", SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    first, second = made.split(" ")
    assert second == SIGNATURE
    assert first.startswith("v1,")
    assert first != SIGNATURE
