"""Tables, nothing else."""

from assistant.models.care import Course, SessionStatus, TreatmentSession, Visit, VisitStatus, WebhookEvent
from assistant.models.escalation import Concern, ConcernEvent, ConcernEventKind, EscalationStep, Task
from assistant.models.governance import ContentVersion, SignOff
from assistant.models.messaging import Direction, Message, ProviderEvent
from assistant.models.people import Clinic, Consent, ConsentKind, Conversation, Patient
from assistant.models.phrases import ClinicPhrase, PhraseState
from assistant.models.staff import (
    AuditEvent,
    LoginAttempt,
    PasswordLink,
    Role,
    Staff,
    StaffSession,
)

__all__ = [
    "AuditEvent",
    "Clinic",
    "ClinicPhrase",
    "Concern",
    "ConcernEvent",
    "ConcernEventKind",
    "Consent",
    "ConsentKind",
    "ContentVersion",
    "Conversation",
    "Course",
    "Direction",
    "EscalationStep",
    "LoginAttempt",
    "Message",
    "PasswordLink",
    "Patient",
    "PhraseState",
    "ProviderEvent",
    "Role",
    "SessionStatus",
    "SignOff",
    "Staff",
    "StaffSession",
    "Task",
    "TreatmentSession",
    "Visit",
    "VisitStatus",
    "WebhookEvent",
]
