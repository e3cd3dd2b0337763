"""What people choose is read as they write it, and refused with what would do."""

from __future__ import annotations

from typing import Any

import pytest

from communique.addressees import is_trusted, normal_recipient
from communique.choices import SubscriptionError, columns

KNOWN = {"5g-huawei": ("huawei", "five-g"), "clean-network": ("clean-lines",)}


def test_zones_countries_days_and_hours_are_read_as_they_are_written() -> None:
    assert columns({"zone": "america/new york"}, "instant", "*") == {"zone": "America/New_York"}
    assert columns({"countries": [" de", "XK", "eu"]}, "instant", "*") == {
        "countries": ["DE", "EU", "XK"]
    }
    assert columns({"weekday": "Tue"}, "weekly", "*") == {"weekday": 1}
    for hours in ("22-7", "22:00 - 7:00", "2200–0700", (22, 7)):
        assert columns({"quiet": hours}, "instant", "*") == {"quiet_from": 22, "quiet_until": 7}
    assert columns({"quiet": "20-24"}, "instant", "*") == {"quiet_from": 20, "quiet_until": 0}


def test_a_channel_is_a_recipient_by_its_name() -> None:
    assert normal_recipient(" Channel:desk-2 ") == "channel:desk-2"
    for wrong in ("channel:", "channel:a b", "channel:" + "x" * 200, "channel:a\r\nBcc"):
        with pytest.raises(SubscriptionError, match="COMMUNIQUE_CHANNELS"):
            normal_recipient(wrong)


def test_a_trusted_domain_is_that_domain_and_no_other() -> None:
    trusted = ("Example.org", "@bücher.example")
    assert is_trusted("ana@example.org", trusted)
    assert is_trusted("ana@xn--bcher-kva.example", trusted)
    for other in ("ana@mail.example.org", "ana@badexample.org", "ana@example.org.evil.example"):
        assert not is_trusted(other, trusted)
    assert is_trusted("ana@anywhere.example", ("*",))
    assert not is_trusted("ana@example.org", ())


@pytest.mark.parametrize(
    "email",
    ["", "ana", "ana@", "@x.example", "a b@x.example", "Ana <ana@x.example>", "ana@x..example",
     "a@x.example\nBcc: b@x.example", "a,b@x.example", "ana@-x.example", "é@x.example", "a" * 5000],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_help(email: str) -> None:
    with pytest.raises(SubscriptionError, match="no mail address"):
        normal_recipient(email)


@pytest.mark.parametrize(
    ("how", "choices", "said"),
    [
        ("hourly", {}, "instant, daily or weekly"),
        ("instant", {"severity": "grave"}, "info, notice or urgent"),
        ("instant", {"rules": ["huawie"]}, "Did you mean 'huawei'"),
        ("instant", {"rules": ["clean-lines"]}, "one of clean-network: name that watchlist"),
        ("instant", {"countries": ["UK"]}, r"GB \(United Kingdom\)"),
        ("instant", {"countries": ["Germany"]}, r"DE \(Germany\)"),
        ("instant", {"countries": ["ZZ"]}, "such as DE"),
        ("instant", {"zone": "Berlin"}, "Europe/Berlin"),
        ("instant", {"zone": "../../etc/passwd"}, "no time zone"),
        ("instant", {"zone": "CEST\0"}, "no time zone"),
        ("daily", {"hour": 24}, "from 0 to 23"),
        ("weekly", {"weekday": "t"}, "Monday, Tuesday"),
        ("weekly", {"weekday": 7}, "from 0 to 6"),
        ("instant", {"quiet": "22"}, "such as 22-7"),
        ("instant", {"quiet": "9-33"}, "from 0 to 24"),
        ("instant", {"quiet": "9-9"}, "pause"),
        ("instant", {"most_a_day": 0}, "from 1 to"),
        ("instant", {"hour": 7}, "for digests"),
        ("daily", {"weekday": "monday"}, "for weekly digests"),
        ("daily", {"quiet": "22-7"}, "told at once"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_what_would_do(
    how: str, choices: Any, said: str
) -> None:
    with pytest.raises(SubscriptionError, match=said):
        columns(choices, how, "5g-huawei", KNOWN)
