"""No text in any language tells anyone to leave off what a doctor prescribed: shown twice, by two ways of looking."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import messages
from messages import checks, files
from messages.medicines import load_medicines
from messages.words import normalise

FOLDER = Path(messages.__file__).parent
NOT_SENTENCES = ("wording", "dates", "areas")

# What is said of a medicine, a doctor or a dose.
ABOUT_MEDICINES = {
    "en": r"medicin|medicat|tablet|pill|aspirin|ibuprofen|inflammator|thinner|paracetamol|doctor|prescri|painkiller"
    r"|\bdose",
    "es": r"medicament|medicina|medicaci|pastilla|comprimid|tratamiento|aspirin|ibuprofen|inflamator|anticoag"
    r"|paracetamol|recet|médico|dosis",
    "fr": r"médicament|traitement|comprim|aspirin|ibuprof|inflammat|anticoag|paracétamol|prescri|médecin|ordonnance"
    r"|dose",
    "vi": r"thuốc|aspirin|ibuprofen|kháng viêm|chống đông|paracetamol|bác sĩ|liều",
}
THINNERS = {
    name
    for medicine in load_medicines(FOLDER / "triage" / "medicines.toml", ABOUT_MEDICINES | {"hi": ""}).products
    for name in medicine.names
    if medicine.kind == "thinner" and name.isalpha()
}
# Whatever can deny, end or lessen something.
LESS = {
    "en": r"no|not|never|none|nor|without|stop\w*|quit|paus\w*|skip\w*|halv\w*|reduc\w*|less|fewer|discontinu\w*"
    r"|interrupt\w*|withhold|hold|avoid|omit|off|out|up|down|away|leave|don.t|longer",
    "es": r"no|ni|nunca|sin|dej\w*|suspend\w*|interrump\w*|pare\w*|parar|abandon\w*|evit\w*|quit\w*|salt\w*|reduzc\w*"
    r"|reduc\w*|omit\w*|menos|prescind\w*",
    "fr": r"ne|n|ni|pas|plus|jamais|sans|moins|arr[eê]t\w*|stopp\w*|cess\w*|suspend\w*|interromp\w*|évit\w*|saut\w*"
    r"|rédui\w*|diminu\w*|supprim\w*",
    "vi": r"không|chưa|đừng|chớ|ngừng|ngưng|dừng|bỏ|ngắt|giảm|hoãn|thôi|tránh|bớt|nghỉ",
}
# What nobody prescribed may be left alone.
UNPRESCRIBED = {"en": "on your own", "es": "por su cuenta", "fr": "sans avis médical", "vi": "tự uống"}
# Everything else that is said of medicines with such a word; whoever adds a sentence reads it here once more.
READ_AND_FOUND_RIGHT = {
    "en": {
        "Never stop a medicine that a doctor prescribed, such as aspirin or a blood thinner, without asking that "
        "doctor.",
        "Paracetamol (acetaminophen) as on the label is fine unless you were told not to take it.",
        "Paracetamol (acetaminophen) as on the pack is fine unless you were told not to take it.",
        "paracetamol (acetaminophen) as on the label is the usual choice, unless you were told not to take it.",
        "paracetamol (acetaminophen, in Tylenol, Panadol, Doliprane and others) is fine, unless you were told not to "
        "take it.",
        "Check that other medicines you take do not contain it too.",
        "Many of them hold an anti-inflammatory, so ask us before you use one elsewhere:",
    },
    "es": {
        "Nunca deje un medicamento recetado, como aspirina o un anticoagulante, sin preguntar antes al médico que lo "
        "receta.",
        "Mire que sus otros medicamentos no lo lleven.",
        "Tome lo que dice el envase, sin pasar de esa dosis.",
    },
    "fr": {
        "Ne cessez jamais de prendre un médicament prescrit, comme l'aspirine ou un anticoagulant, sans l'accord du "
        "médecin qui le prescrit.",
        "Vérifiez que vos autres médicaments n'en contiennent pas.",
        "le plus souvent, on prend du paracétamol, selon la notice, sauf si on vous l'a interdit.",
        "ne nous attendez pas, voyez un médecin aujourd'hui ou appelez le {emergency_number}.",
    },
    "vi": {
        "Không bao giờ tự bỏ thuốc bác sĩ kê, như aspirin hay thuốc chống đông, khi chưa hỏi bác sĩ đó.",
        "7 ngày qua bạn có uống aspirin, ibuprofen hay thuốc kháng viêm khác không?",
        "Trả lời tên thuốc và ngày uống, hoặc KHÔNG.",
        "Có thể dùng paracetamol theo nhãn, trừ khi đã được dặn không dùng.",
        "thường dùng paracetamol theo nhãn, trừ khi đã được dặn không dùng.",
        "paracetamol (Panadol, Efferalgan, Hapacol và tên khác) dùng được, trừ khi đã được dặn không dùng.",
        "Xem thuốc khác có chứa nó không.",
    },
}

ADVICE = {
    "en": (
        "Stop taking your blood pressure tablets.",
        "Come off warfarin before the visit.",
        "Hold your Eliquis for two days.",
        "Avoid your prescribed medicine.",
        "You should not take your blood thinner.",
        "Your blood thinner must be stopped.",
        "Leave out the aspirin for a week.",
    ),
    "es": (
        "Deje de tomar su anticoagulante.",
        "Suspenda la medicación una semana.",
        "Debe suspender el Sintrom.",
        "Deje el Adiro unos días.",
        "No tome las pastillas de la tensión.",
        "Hay que dejar el anticoagulante.",
    ),
    "fr": (
        "Arrêtez votre traitement.",
        "Cessez de prendre l'aspirine.",
        "Il faut arrêter le Kardégic.",
        "Ne prenez pas votre anticoagulant.",
        "Évitez vos comprimés ce jour-là.",
    ),
    "vi": (
        "Hãy ngừng uống thuốc.",
        "Bạn bỏ thuốc một tuần.",
        "Ngưng Sintrom một tuần.",
        "Đừng uống thuốc chống đông.",
        "Không dùng thuốc bác sĩ kê.",
    ),
}


def content() -> checks.Content:
    faults: list[str] = []
    read = files.read(FOLDER, faults)
    assert not faults
    return read


def texts_of(read: checks.Content, language: str) -> Iterator[tuple[str, str, str]]:
    for name, texts in read.texts[language].items():
        if name not in NOT_SENTENCES:
            yield from ((name, key, text) for key, text in texts.items())


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.?!:;])\s+", text)


def denies_a_medicine(sentence: str, language: str) -> bool:
    about = re.search(ABOUT_MEDICINES[language], sentence, re.IGNORECASE) or THINNERS & set(normalise(sentence).split())
    less = re.search(rf"\b({LESS[language]})\b", sentence, re.IGNORECASE)
    return bool(about) and less is not None and UNPRESCRIBED[language] not in sentence


@pytest.mark.parametrize("language", sorted(ABOUT_MEDICINES))
def test_every_sentence_that_denies_a_medicine_is_about_what_nobody_prescribed_or_was_read(language: str) -> None:
    read = content()
    found = {
        sentence
        for _, _, text in texts_of(read, language)
        for sentence in sentences(text)
        if denies_a_medicine(sentence, language)
    }

    assert sorted(read.texts) == sorted(ABOUT_MEDICINES)
    assert found - READ_AND_FOUND_RIGHT[language] == set()


@pytest.mark.parametrize("language", sorted(ADVICE))
def test_such_advice_would_be_found_by_the_first_way(language: str) -> None:
    missed = [advice for advice in ADVICE[language] if not denies_a_medicine(advice, language)]

    assert missed == []


@pytest.mark.parametrize(("language", "advice"), [(one, advice) for one in ADVICE for advice in ADVICE[one]])
def test_such_advice_in_any_text_of_any_file_stops_the_start(language: str, advice: str) -> None:
    read = content()
    spoiled = {
        name: {key: f"{text} {advice}" for key, text in texts.items()} if name not in NOT_SENTENCES else texts
        for name, texts in read.texts[language].items()
    }

    found = checks.problems(replace(read, texts={**read.texts, language: spoiled}))

    told = {line.split(": tells to stop a medicine")[0] for line in found if "tells to stop a medicine" in line}
    every = {f"text/{language}/{name}.toml: {key}" for name, key, _ in texts_of(read, language)}
    assert every - told == set()
    assert len(every) > 100


@pytest.mark.parametrize("language", sorted(UNPRESCRIBED))
def test_to_take_none_is_only_said_of_what_one_takes_on_ones_own(language: str) -> None:
    names = {"en": "ibuprofen", "es": "ibuprofeno", "fr": "ibuprofène", "vi": "ibuprofen"}[language]
    told = [
        sentence
        for _, _, text in texts_of(content(), language)
        for sentence in sentences(text)
        if names in sentence and "?" not in sentence
    ]

    assert told
    assert all(UNPRESCRIBED[language] in sentence for sentence in told)
