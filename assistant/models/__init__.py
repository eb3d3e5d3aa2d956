"""Tables, nothing else."""

from assistant.models.care import Course, SessionStatus, TreatmentSession, Visit, VisitStatus, WebhookEvent
from assistant.models.escalation import Concern, ConcernEvent, ConcernEventKind, EscalationStep, Task
from assistant.models.messaging import Direction, Message, ProviderEvent
from assistant.models.people import Clinic, Consent, ConsentKind, Conversation, Patient
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
    "Concern",
    "ConcernEvent",
    "ConcernEventKind",
    "Consent",
    "ConsentKind",
    "Conversation",
    "Course",
    "Direction",
    "EscalationStep",
    "LoginAttempt",
    "Message",
    "PasswordLink",
    "Patient",
    "ProviderEvent",
    "Role",
    "SessionStatus",
    "Staff",
    "StaffSession",
    "Task",
    "TreatmentSession",
    "Visit",
    "VisitStatus",
    "WebhookEvent",
]
