"""The fake Twilio's calls to the application: signed, repeated and shuffled as it has been told."""

import queue
import random
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import parse_qs, urldefrag, urlencode

import urllib3

from assistant.signatures import twilio_signature
from tests.fakes.twilio_account import Account, FakeMessage

# What Twilio waits for an answer, in all.
ANSWER_SECONDS = 15


@dataclass(frozen=True)
class WebhookAnswer:
    """What the application said to one webhook; ``status`` 0 means that it could not be reached."""

    status: int
    content_type: str
    body: str


class Webhooks:
    """Makes the calls. Status reports go out one after the other from a thread of their own."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._http = urllib3.PoolManager(maxsize=32, block=True, retries=False)
        self._reports: queue.Queue[FakeMessage | None] = queue.Queue()
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._report_all, daemon=True)
        self._worker.start()
        self.report_answers: list[WebhookAnswer] = []

    def post(self, url: str, form: dict[str, str]) -> WebhookAnswer:
        """Post one signed form, with the retries that the address asks for in its fragment (#rc=3&rp=all)."""
        address, fragment = urldefrag(url)
        wanted = {name: values[0] for name, values in parse_qs(fragment).items()}
        retried = set(wanted.get("rp", "ct").split(","))
        for _ in range(int(wanted.get("rc", 1))):
            answer = self._post_once(address, form)
            failed = "ct" if answer.status == 0 else f"{answer.status // 100}xx"
            if failed not in retried and not ("all" in retried and failed in ("ct", "4xx", "5xx")):
                return answer
        return self._post_once(address, form)

    def deliver(self, url: str, message: FakeMessage, media_urls: list[str]) -> WebhookAnswer:
        """Hand one inbound text to the application."""
        form = {
            "ToCountry": "US",
            "ToState": "",
            "ToCity": "",
            "ToZip": "",
            "FromCountry": "US",
            "FromState": "",
            "FromCity": "",
            "FromZip": "",
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "MessageSid": message.sid,
            "SmsStatus": "received",
            "NumMedia": str(len(message.media_types)),
            "NumSegments": "1",
            "Body": message.body,
            "To": message.to,
            "From": message.from_,
            "AccountSid": self._account.sid,
            "ApiVersion": "2010-04-01",
        }
        for n, (kind, address) in enumerate(zip(message.media_types, media_urls, strict=True)):
            form |= {f"MediaContentType{n}": kind, f"MediaUrl{n}": address}
        return self.post(url, form)

    def deliver_copies(
        self, url: str, message: FakeMessage, media_urls: list[str], copies: int, *, at_once: bool
    ) -> list[WebhookAnswer]:
        """Hand over the same text ``copies`` times, one after the other or all at once."""
        with ThreadPoolExecutor(copies if at_once else 1) as threads:
            calls = [threads.submit(self.deliver, url, message, media_urls) for _ in range(copies)]
            return [call.result() for call in calls]

    def report_later(self, message: FakeMessage) -> None:
        """Let an accepted text run its course, with a status report for each step."""
        self._reports.put(message)

    def wait_until_reported(self, seconds: float = 10) -> bool:
        """Return True when every accepted text has run its course, False if that takes too long."""
        with self._reports.all_tasks_done:
            return self._reports.all_tasks_done.wait_for(lambda: not self._reports.unfinished_tasks, seconds)

    def close(self) -> None:
        """Make no more calls."""
        self._stopping.set()
        self._reports.put(None)
        self._worker.join()
        self._http.clear()

    def _report_all(self) -> None:
        while (message := self._reports.get()) is not None and not self._stopping.is_set():
            self._report(message)
            self._reports.task_done()

    def _report(self, message: FakeMessage) -> None:
        behaviour = self._account.behaviour
        self._stopping.wait(behaviour.report_delay_ms / 1000)
        end, _, code = behaviour.outcome.partition(":")
        steps = ["queued"] if message.service_sid else []
        steps += {"silent": [], "failed": [end], "sent": ["sent"]}.get(end, ["sent", end])
        if not steps:
            return
        message.status, message.error_code = steps[-1], int(code) if code else None
        if not message.status_callback:
            return
        calls = [step for step in steps for _ in range(behaviour.report_repeat)]
        if behaviour.report_shuffle:
            random.Random(f"{behaviour.seed}{message.body}").shuffle(calls)
        for step in calls:
            self.report_answers.append(self._report_step(message, step))

    def _report_step(self, message: FakeMessage, step: str) -> WebhookAnswer:
        form = {
            "ApiVersion": "2010-04-01",
            "MessageStatus": step,
            "SmsStatus": step,
            "SmsSid": message.sid,
            "MessageSid": message.sid,
            "To": message.to,
            "From": message.from_,
            "AccountSid": self._account.sid,
        }
        if message.service_sid:
            form["MessagingServiceSid"] = message.service_sid
        if step in ("undelivered", "failed") and message.error_code:
            form["ErrorCode"] = str(message.error_code)
        return self.post(message.status_callback, form)

    def _post_once(self, url: str, form: dict[str, str]) -> WebhookAnswer:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": twilio_signature(url, form, self._account.auth_token),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        try:
            answer = self._http.request(
                "POST", url, body=urlencode(form), headers=headers, timeout=ANSWER_SECONDS, redirect=False
            )
        except urllib3.exceptions.HTTPError:
            return WebhookAnswer(0, "", "")
        text = answer.data.decode("utf-8", "replace")
        return WebhookAnswer(answer.status, answer.headers.get("Content-Type", ""), text)
