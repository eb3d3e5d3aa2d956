"""States of a message and of a concern, and the moves that are allowed."""

from enum import StrEnum


class MessageStatus(StrEnum):
    """Twilio's words, plus ``in_doubt`` and ``skipped``, which are ours."""

    QUEUED = "queued"  # in our outbox
    SENDING = "sending"  # claimed by a dispatcher, under a lease
    IN_DOUBT = "in_doubt"  # the provider may or may not have it
    ACCEPTED = "accepted"  # the provider has it
    SENT = "sent"  # handed to the carrier
    DELIVERED = "delivered"  # the carrier says that the phone has it; nobody may have read it
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"  # withdrawn by us before it went out
    SKIPPED = "skipped"  # not sent on purpose; the reason is in the row
    RECEIVED = "received"  # inbound


_MOVES: dict[MessageStatus, set[MessageStatus]] = {
    MessageStatus.QUEUED: {
        MessageStatus.SENDING,
        MessageStatus.CANCELED,
        MessageStatus.SKIPPED,
        # A report about an earlier attempt that we had given up as not sent: it was.
        MessageStatus.ACCEPTED,
        MessageStatus.SENT,
        MessageStatus.DELIVERED,
        MessageStatus.READ,
    },
    MessageStatus.SENDING: {
        MessageStatus.QUEUED,
        MessageStatus.IN_DOUBT,
        MessageStatus.ACCEPTED,
        MessageStatus.SENT,
        MessageStatus.DELIVERED,
        MessageStatus.READ,
        MessageStatus.UNDELIVERED,
        MessageStatus.FAILED,
        MessageStatus.SKIPPED,
    },
    MessageStatus.IN_DOUBT: {
        MessageStatus.QUEUED,
        MessageStatus.ACCEPTED,
        MessageStatus.SENT,
        MessageStatus.DELIVERED,
        MessageStatus.READ,
        MessageStatus.UNDELIVERED,
        MessageStatus.FAILED,
    },
    # What a later session had replaced is said after all when that session turns out to be a mistake.
    MessageStatus.SKIPPED: {MessageStatus.QUEUED},
    MessageStatus.ACCEPTED: {
        MessageStatus.SENT,
        MessageStatus.DELIVERED,
        MessageStatus.READ,
        MessageStatus.UNDELIVERED,
        MessageStatus.FAILED,
        MessageStatus.CANCELED,
    },
    MessageStatus.SENT: {
        MessageStatus.DELIVERED,
        MessageStatus.READ,
        MessageStatus.UNDELIVERED,
        MessageStatus.FAILED,
    },
    MessageStatus.DELIVERED: {MessageStatus.READ},
    # What we, or the carrier, had given up can still turn out to have arrived.
    MessageStatus.FAILED: {MessageStatus.DELIVERED, MessageStatus.READ},
    MessageStatus.UNDELIVERED: {MessageStatus.DELIVERED, MessageStatus.READ},
}


def can_move(current: MessageStatus, target: MessageStatus) -> bool:
    """Whether a message may go from ``current`` to ``target``. Staying where it is, is not a move."""
    return target in _MOVES.get(current, set())


# A message that may have left us and has no final word yet: a new attempt could be a second copy.
UNDER_WAY = (MessageStatus.SENDING, MessageStatus.IN_DOUBT)

# The provider reported one of these words; anything else it says changes nothing.
REPORTED = {
    status.value: status
    for status in (
        MessageStatus.ACCEPTED,
        MessageStatus.SENT,
        MessageStatus.DELIVERED,
        MessageStatus.READ,
        MessageStatus.UNDELIVERED,
        MessageStatus.FAILED,
        MessageStatus.CANCELED,
    )
} | {"queued": MessageStatus.ACCEPTED, "sending": MessageStatus.ACCEPTED}


class ConcernStatus(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
