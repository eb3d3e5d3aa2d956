"""Statuses move forward only."""

import itertools

import pytest

from assistant.rules.states import REPORTED, MessageStatus, can_move

FINAL = {
    MessageStatus.READ,
    MessageStatus.CANCELED,
    MessageStatus.RECEIVED,
}


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_status_never_changes(status: MessageStatus) -> None:
    assert not any(can_move(status, target) for target in MessageStatus)


@pytest.mark.parametrize("late", [MessageStatus.ACCEPTED, MessageStatus.SENT])
def test_a_late_report_never_takes_a_delivered_text_back(late: MessageStatus) -> None:
    assert not can_move(MessageStatus.DELIVERED, late)


def test_every_order_of_reports_ends_delivered() -> None:
    reports = [MessageStatus.ACCEPTED, MessageStatus.SENT, MessageStatus.DELIVERED]
    for order in itertools.permutations(reports * 2, 6):
        status = MessageStatus.SENDING
        for report in order:
            if can_move(status, report):
                status = report
        assert status is MessageStatus.DELIVERED


def test_no_report_of_the_provider_puts_a_text_back_into_the_queue() -> None:
    assert MessageStatus.QUEUED not in REPORTED.values()
