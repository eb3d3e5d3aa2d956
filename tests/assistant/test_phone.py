import pytest

from assistant.phone import SENTENCES, PhoneError, check_textable, parse

HERE = {
    "US": frozenset({"US"}),
    "GB": frozenset({"GB"}),
    "FR": frozenset({"FR"}),
    "ES": frozenset({"ES"}),
    "VN": frozenset({"VN"}),
}


def refusal(text: str, region: str) -> PhoneError:
    with pytest.raises(PhoneError) as refused:
        check_textable(text, region=region, allowed_regions=HERE[region])
    return refused.value


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("+1 415 555 2671", "US", "+14155552671"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("415.555.2671", "US", "+14155552671"),
        ("1 415 555 2671", "US", "+14155552671"),
        ("07400 123456", "GB", "+447400123456"),
        ("+44 (0) 7400 123456", "GB", "+447400123456"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("612 345 678", "ES", "+34612345678"),
        ("090 123 45 67", "VN", "+84901234567"),
        ("\u202a+1 415 555 2671\u202c", "US", "+14155552671"),
        ("\ufeff415\u00a0555\u00a02671\n", "US", "+14155552671"),
        ("٤١٥٥٥٥٢٦٧١", "US", "+14155552671"),
        ("４１５５５５２６７１", "US", "+14155552671"),
    ],
)
def test_a_mobile_number_is_understood_however_it_is_written(text: str, region: str, e164: str) -> None:
    assert check_textable(text, region=region, allowed_regions=HERE[region]).e164 == e164


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        ("", "US", "empty"),
        (" \u200b\n", "US", "empty"),
        ("none", "US", "not_a_number"),
        ("+", "US", "not_a_number"),
        ("5", "US", "not_a_number"),
        ("415 555 26712671 ext", "US", "letters"),
        ("41555S2671", "US", "letters"),
        ("Ana 415 555 2671", "US", "letters"),
        ("1-800-FLOWERS", "US", "letters"),
        ("415 555 2671 ext 5", "US", "extension"),
        ("415-555-2671 x12", "US", "extension"),
        ("415-555-2671,,5", "US", "extension"),
        ("+999 123 456 789", "US", "country_code"),
        ("415 555 267", "US", "too_short"),
        ("555-2671", "US", "too_short"),
        ("911", "US", "too_short"),
        ("415 555 26711", "US", "too_long"),
        ("415-555-2671 / 415-555-2672", "US", "too_long"),
        ("1" * 300, "US", "too_long"),
        ("000-000-0000", "US", "invalid"),
        ("026 555 2671", "US", "invalid"),
        ("020 7123 4567", "GB", "fixed_line"),
        ("912 345 678", "ES", "fixed_line"),
        ("800-555-0199", "US", "toll_free"),
        ("0808 157 0192", "GB", "toll_free"),
        ("900-234-5678", "US", "premium"),
        ("0909 879 0123", "GB", "premium"),
        ("0843 123 4567", "GB", "premium"),
        ("0 820 12 34 56", "FR", "shared_cost"),
        ("07012 345678", "GB", "personal"),
        ("+44 70 1234 5678", "US", "personal"),
        ("07640 123456", "GB", "pager"),
        ("0300 123 4567", "GB", "company"),
        ("056 1234 5678", "GB", "voip"),
        ("+881 612 345 678", "US", "satellite"),
        ("+870 773 111 632", "US", "satellite"),
        ("+883 510 012 345", "US", "satellite"),
        ("+979 123 456 789", "US", "premium"),
    ],
)
def test_what_cannot_be_texted_is_refused_for_its_own_reason(text: str, region: str, code: str) -> None:
    refused = refusal(text, region)
    assert refused.code == code
    assert refused.message == SENTENCES[code]


def test_every_reason_has_a_sentence_of_its_own_that_says_what_to_do() -> None:
    assert len(set(SENTENCES.values())) == len(SENTENCES)
    for sentence in SENTENCES.values():
        assert sentence.count(". ") == 1, sentence


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("876-555-1234", "Jamaica"),
        ("+1 473 407 1234", "Grenada"),
        ("787-555-0123", "Puerto Rico"),
        ("416-555-0123", "Canada"),
        ("+44 7400 123456", "Britain (UK)"),
    ],
)
def test_a_number_of_another_country_is_refused_by_country_and_not_by_plus_one(text: str, there: str) -> None:
    refused = refusal(text, "US")
    assert refused.code == "other_region"
    assert there in refused.message
    assert "United States only" in refused.message


def test_a_country_that_an_admin_allowed_can_be_texted() -> None:
    number = check_textable("416-555-0123", region="US", allowed_regions={"US", "CA"})
    assert (number.e164, number.region) == ("+14165550123", "CA")


def test_a_guernsey_mobile_is_not_a_british_one() -> None:
    assert refusal("07911 123456", "GB").code == "other_region"


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("+1 202 555 0111", "US", "+12025550111"),
        ("202-555-0199", "US", "+12025550199"),
        ("07700 900123", "GB", "+447700900123"),
        ("+44 7700 900999", "GB", "+447700900999"),
        ("06 39 98 12 34", "FR", "+33639981234"),
    ],
)
def test_a_number_set_aside_for_demonstrations_is_taken_and_known_as_one(text: str, region: str, e164: str) -> None:
    number = check_textable(text, region=region, allowed_regions=HERE[region])
    assert number.e164 == e164
    assert number.fictional


@pytest.mark.parametrize(("text", "region"), [("+12025550200", "US"), ("+14155552671", "US"), ("+447400123456", "GB")])
def test_a_real_number_is_not_taken_for_a_fictional_one(text: str, region: str) -> None:
    assert not check_textable(text, region=region, allowed_regions=HERE[region]).fictional


def test_a_number_beside_the_demonstration_range_is_still_invalid() -> None:
    assert refusal("07700 901123", "GB").code == "invalid"


def test_parsing_reads_a_landline_and_says_that_it_is_one() -> None:
    number = parse("020 7123 4567", "GB")
    assert (number.e164, number.region, number.kind) == ("+442071234567", "GB", "fixed_line")
    assert number.national_display == "020 7123 4567"


def test_the_sentence_for_staff_never_repeats_the_number() -> None:
    assert "876" not in refusal("876-555-1234", "US").message
    assert "7123" not in refusal("020 7123 4567", "GB").message
