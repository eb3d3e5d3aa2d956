"""Triage: a patient's reply to a verdict, by rules that anyone can read. Pure; nothing is remembered."""

from assistant.rules.triage.decide import triage
from assistant.rules.triage.match import Compiled, compile_lexicon

__all__ = ["Compiled", "compile_lexicon", "triage"]
