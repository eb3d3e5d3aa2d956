from datetime import UTC, datetime, timedelta

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from assistant.signatures import (
    sessions_signature_valid,
    sign_sessions,
    twilio_signature,
    twilio_signature_valid,
)

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
# The worked example that the provider's own libraries test themselves with.
TOKEN = "12345"
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="

BODY = b'{"event_id": "evt_1"}'
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def test_the_providers_own_example_is_valid() -> None:
    assert twilio_signature(URL, FORM, TOKEN) == SIGNATURE
    assert twilio_signature_valid(URL, FORM, SIGNATURE, [TOKEN])


@pytest.mark.parametrize(
    "header",
    [None, "", " ", "RSOYDt4T1cUTdK1PDd93/VVr8B8", SIGNATURE + "=", "é" * 28, "\x00", "\ud800", "x" * 5000],
)
def test_a_missing_or_odd_header_is_refused_without_an_exception(header: str | None) -> None:
    assert not twilio_signature_valid(URL, FORM, header, [TOKEN])


@pytest.mark.parametrize("tokens", [[], [""], ["54321"], ["", "54321"]])
def test_only_the_account_token_opens_the_door(tokens: list[str]) -> None:
    assert not twilio_signature_valid(URL, FORM, SIGNATURE, tokens)


def test_an_empty_token_signs_nothing() -> None:
    assert not twilio_signature_valid(URL, FORM, twilio_signature(URL, FORM, ""), [""])


def test_the_old_and_the_new_token_are_both_valid_while_one_replaces_the_other() -> None:
    assert twilio_signature_valid(URL, FORM, SIGNATURE, ["the-new-one", TOKEN])
    assert twilio_signature_valid(URL, FORM, twilio_signature(URL, FORM, "the-new-one"), ["the-new-one", TOKEN])


@pytest.mark.parametrize("changed", [{"Digits": "1235"}, {"Extra": ""}, {"Extra": "1"}])
def test_a_changed_or_added_field_is_refused(changed: dict[str, str]) -> None:
    assert not twilio_signature_valid(URL, FORM | changed, SIGNATURE, [TOKEN])


def test_a_field_that_twilio_added_without_notice_is_part_of_the_signature() -> None:
    form = FORM | {"NewField": "é🙂 &=+%"}
    assert twilio_signature_valid(URL, form, RequestValidator(TOKEN).compute_signature(URL, form), [TOKEN])


def test_another_address_is_refused() -> None:
    assert not twilio_signature_valid(URL.replace("bar=2", "bar=3"), FORM, SIGNATURE, [TOKEN])


def test_a_repeated_field_is_signed_with_each_value_once() -> None:
    pairs = [("To", "b"), ("To", "a"), ("To", "b"), ("From", "c")]
    signature = RequestValidator(TOKEN).compute_signature(URL, MultiDict(pairs))
    assert twilio_signature(URL, pairs, TOKEN) == signature
    assert twilio_signature_valid(URL, pairs, signature, [TOKEN])
    assert twilio_signature_valid(URL, MultiDict(pairs), signature, [TOKEN])
    assert twilio_signature_valid(URL, {"To": ["a", "b"], "From": ["c"]}, signature, [TOKEN])
    assert not twilio_signature_valid(URL, {"To": "a", "From": "c"}, signature, [TOKEN])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("https://care.example/in", "https://care.example:443/in"),
        ("https://care.example:8443/in", "https://care.example/in"),
    ],
)
def test_a_port_that_twilio_adds_or_leaves_out_does_not_matter(ours: str, theirs: str) -> None:
    for form in (FORM, [("To", "b"), ("To", "a")]):
        assert twilio_signature_valid(ours, form, twilio_signature(theirs, form, TOKEN), [TOKEN])


def test_an_address_that_stands_for_a_json_body_is_refused() -> None:
    url = URL + "&bodySHA256=" + "0" * 64
    assert not twilio_signature_valid(url, {}, twilio_signature(url, {}, TOKEN), [TOKEN])


@pytest.mark.parametrize("path", ["http://x/in", ":x/in", "@[/in", "\x00", "/é"])
def test_an_odd_path_is_refused_without_an_exception(path: str) -> None:
    assert not twilio_signature_valid(f"https://care.example:8443{path}", FORM, SIGNATURE, [TOKEN])


def test_text_that_cannot_be_encoded_is_refused_without_an_exception() -> None:
    assert not twilio_signature_valid(URL, [("Body", "\ud800")], SIGNATURE, [TOKEN])


def test_what_we_sign_for_a_booking_system_we_accept() -> None:
    header = sign_sessions(BODY, "s3cret", NOW)
    assert header.startswith("t=1795359600,v1=")
    assert sessions_signature_valid(header, BODY, "s3cret", NOW)


def test_the_signature_is_an_hmac_sha256_of_time_dot_body() -> None:
    # printf '1795359600.{"event_id": "evt_1"}' | openssl dgst -sha256 -hmac s3cret
    expected = "e8ae32e9fa9555b57cc100630b2ad8f4a449aad623b863f68f5f9f9a01858c55"
    assert sign_sessions(BODY, "s3cret", NOW) == f"t=1795359600,v1={expected}"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_are_tolerated(seconds: int) -> None:
    header = sign_sessions(BODY, "s3cret", NOW + timedelta(seconds=seconds))
    assert sessions_signature_valid(header, BODY, "s3cret", NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_or_future_signature_is_refused(seconds: int) -> None:
    header = sign_sessions(BODY, "s3cret", NOW + timedelta(seconds=seconds))
    assert not sessions_signature_valid(header, BODY, "s3cret", NOW)


def test_another_body_or_another_secret_is_refused() -> None:
    header = sign_sessions(BODY, "s3cret", NOW)
    assert not sessions_signature_valid(header, BODY + b" ", "s3cret", NOW)
    assert not sessions_signature_valid(header, BODY, "other", NOW)


def test_a_body_that_is_not_text_can_be_signed() -> None:
    assert sessions_signature_valid(sign_sessions(b"\xff\x00", "s3cret", NOW), b"\xff\x00", "s3cret", NOW)


@pytest.mark.parametrize("secret", ["", ",", " , "])
def test_without_a_secret_nothing_is_valid(secret: str) -> None:
    assert not sessions_signature_valid(sign_sessions(BODY, secret, NOW), BODY, secret, NOW)
    signed_with_nothing = sign_sessions(BODY, "x", NOW).replace("v1=", "v1=,v2=")
    assert not sessions_signature_valid(signed_with_nothing, BODY, secret, NOW)


def test_secrets_can_be_rotated_on_either_side_first() -> None:
    assert sessions_signature_valid(sign_sessions(BODY, "old", NOW), BODY, "new, old", NOW)
    assert sessions_signature_valid(sign_sessions(BODY, "new", NOW), BODY, "new,old", NOW)
    assert sessions_signature_valid(sign_sessions(BODY, "new,old", NOW), BODY, "old", NOW)


def test_spaces_unknown_parts_and_capitals_in_the_header_do_not_matter() -> None:
    time, version = sign_sessions(BODY, "s3cret", NOW).split(",")
    header = f" {time} , v0=zz, v1=00, v1={version.removeprefix('v1=').upper()} "
    assert sessions_signature_valid(header, BODY, "s3cret", NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda header: None,
        lambda header: "",
        lambda header: "nonsense",
        lambda header: header.split(",")[0],
        lambda header: header.split(",")[1],
        lambda header: header.replace("t=", "t=-"),
        lambda header: header.replace("t=", "t= "),
        lambda header: header.replace("t=1", "t=١"),
        lambda header: header.replace("t=", "t=" + "9" * 5000),
        lambda header: "t=1795359600," + header,
        lambda header: header.replace("v1=", "v1=é"),
        lambda header: header.replace("v1=", "v2="),
        lambda header: header[:-1],
    ],
)
def test_an_odd_sessions_header_is_refused_without_an_exception(change) -> None:  # type: ignore[no-untyped-def]
    assert not sessions_signature_valid(change(sign_sessions(BODY, "s3cret", NOW)), BODY, "s3cret", NOW)
