"""From findings to the verdict: the most severe one decides, never an average."""

from dataclasses import replace

from assistant.rules.triage import calm, caution, course, keywords, topics
from assistant.rules.triage.days import Days, days_of
from assistant.rules.triage.evidence import Scales, heaviest_sign, weigh
from assistant.rules.triage.match import Compiled
from assistant.rules.triage.medicines import answer_key, is_for_staff, medicines
from assistant.rules.triage.numbers import measured
from assistant.rules.triage.products import named_product
from assistant.rules.triage.reading import Reading, read
from assistant.rules.triage.signs import danger_signs
from assistant.rules.triage.taken import taken_answer
from assistant.rules.verdict import Asked, Category, Context, Finding, Verdict

LONGEST = 3_000  # characters that are read; carriers join at most ten parts of 153
_CRISIS = frozenset({"suicidal", "overdose"})
_BEATS_OPT_OUT = (Category.EMERGENCY, Category.URGENT, Category.CONCERN)
_ANSWERS = frozenset({"check_better", "check_same", "check_worse", "medicines_none"})
_BARE_ANSWER = 2  # words: "3", "3 worse", "much worse"
_OWN_REPLY = {
    "asked_for_nurse": "nurse_called",
    "check_worse": "check_worse",
    "check_better": "check_better",
    "check_same": "check_same",
    "well": "expected_well",
    "thanks": "thanks",
    "medicines_none": "medicines_none",
    "like_expected": "expected_like",
}


def triage(text: str, context: Context, lexicon: Compiled) -> Verdict:
    """Return the verdict on one reply.

    The same text and context always give the same verdict. What is not understood is UNCLEAR,
    never calm; an empty text with a picture is UNCLEAR too.
    """
    reading = read(text[:LONGEST], lexicon, context.language)
    findings = _findings(reading, context, lexicon)
    opt_out = next((finding for finding in findings if finding.category is Category.OPT_OUT), None)
    ranked = sorted(findings, key=_rank)
    decisive = ranked[0]
    if opt_out is not None and decisive.category not in _BEATS_OPT_OUT:
        decisive = opt_out
        ranked = [opt_out, *(finding for finding in ranked if finding is not opt_out)]
    details = _details(decisive, reading, lexicon)
    if opt_out is not None and decisive is not opt_out:
        details["also"] = "opt_out"
    return Verdict(decisive.category, tuple(ranked), _reply(decisive, ranked, context), details)


def _findings(reading: Reading, context: Context, lexicon: Compiled) -> list[Finding]:
    """Return every finding, at least one."""
    tokens = reading.tokens
    if not tokens:
        rule = "image_only" if context.has_image else "empty"
        return [Finding(rule, Category.UNCLEAR, (), "nothing is written")]
    only = keywords.command(tokens, reading, context)
    if only is not None:
        return [only]
    days = days_of(reading, context)
    signs = danger_signs(reading, days, lexicon)
    plain = plain_findings(reading, context, days, lexicon)

    def rules(part: Reading) -> list[Finding]:
        return rule_findings(part, days, lexicon)

    scales = Scales(reading, days, context.language, lexicon.evidence)
    weight = weigh(scales, reading, signs + plain, rules)
    if weight.page < caution.ORDINARY and any(sign.category.pages_now for sign in signs):
        thought, words = heaviest_sign(scales, reading, rules)
        if thought >= caution.THOUGHT or words >= caution.CLOSE_UP:
            weight = replace(weight, page=max(thought, words))
    findings = caution.goodbyes(reading, caution.settled(plain, weight), weight) + caution.confirmed(signs, weight)
    findings += caution.repeated(findings, context)
    answered = any(finding.rule in _ANSWERS for finding in findings)
    accounted_for = any(finding.rule == "medicines_none" for finding in findings)  # for every word of the text
    courtesy = topics.only_courtesy(reading, lexicon)
    bare = len(tokens) <= (_BARE_ANSWER if answered else 1) or courtesy
    if not bare and not (answered and accounted_for):
        findings += caution.suspicions(reading, findings, days, weight)
    if not answered and not any(finding.category.pages_now for finding in findings):
        findings += caution.doubts(reading, findings, context, weight, courtesy=courtesy)
        findings = calm.calmly(reading, findings, context, days, weight)
    if not findings:
        findings.append(Finding("not_understood", Category.UNCLEAR, (), "no rule knows what this says"))
    return findings


def plain_findings(reading: Reading, context: Context, days: Days, lexicon: Compiled) -> list[Finding]:
    """Return what the rules find besides the danger signs, before anything learned or remembered is asked."""
    findings = [*course.day_by_day(reading, days), *measured(reading, days), *medicines(reading, context, lexicon)]
    wish = keywords.opt_out_wish(reading)
    if wish is not None:
        findings.append(wish)
    answer = taken_answer(reading, context, lexicon)
    if context.asked is Asked.BETTER_SAME_WORSE:
        answer = keywords.check_in_answer(reading.tokens, reading)
    if answer is not None:
        return [answer, *(f for f in findings if f.category.severity >= Category.CONCERN.severity)]
    if reading.has("wrong_person"):
        findings.append(Finding("wrong_person", Category.UNCLEAR, (), "perhaps another person's phone"))
    everyday = [
        *topics.questions(reading),
        *topics.front_desk(reading),
        *topics.doing_well(reading),
        *topics.courtesy(reading, lexicon),
    ]
    if topics.only_courtesy(reading, lexicon):
        everyday = topics.courtesy(reading, lexicon)
    if any(finding.category is Category.EXPECTED for finding in findings) and not topics.asks_how_to(reading):
        everyday = [finding for finding in everyday if finding.category is not Category.QUESTION]
    return findings + everyday


def rule_findings(reading: Reading, days: Days, lexicon: Compiled) -> list[Finding]:
    """Return what the rules of danger and of the ordinary course find in a text or a sentence of it."""
    return [*danger_signs(reading, days, lexicon), *course.day_by_day(reading, days)]


def _rank(finding: Finding) -> tuple[int, int]:
    """Most severe first; among equals the crisis line first, the patient's own check-in last."""
    return -finding.category.severity, 0 if finding.rule in _CRISIS else 1


def _reply(decisive: Finding, ranked: list[Finding], context: Context) -> str:
    category = decisive.category
    if category is Category.EMERGENCY:
        return "emergency_crisis" if decisive.rule in _CRISIS else "emergency"
    if category is Category.CONCERN and all(
        finding.rule == "asked_for_nurse" for finding in ranked if finding.category is Category.CONCERN
    ):
        return "nurse_called"
    if category is Category.CONCERN and is_for_staff(ranked):
        return "concern_medicine"
    if category is Category.QUESTION:
        return answer_key(decisive.rule, context)
    if category is Category.EXPECTED:
        return _OWN_REPLY.get(decisive.rule) or course.REPLIES.get(decisive.rule, "expected")
    if category is Category.ADMIN:
        admin = [finding for finding in ranked if finding.category is Category.ADMIN]
        return "thanks" if all(finding.rule == "thanks" for finding in admin) else "admin"
    if decisive.rule == "check_worse":
        return "check_worse"
    return category.value.lower()


def _details(decisive: Finding, reading: Reading, lexicon: Compiled) -> dict[str, str]:
    details: dict[str, str] = {}
    if decisive.rule in _CRISIS:
        details["kind"] = "crisis"
    if decisive.rule == "command_visit":
        details["command"] = "visit"
    elif decisive.rule.startswith("command_language_"):
        details |= {"command": "language", "language": decisive.rule.rpartition("_")[2]}
    product = named_product(reading, lexicon)
    if product is not None:
        details |= {"product": product[0], "product_kind": product[1]}
    return details
