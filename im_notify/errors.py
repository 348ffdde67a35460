"""Errors, cut by what the caller may do next.

* ImNotifyError
  x ConfigError            the configuration must be changed
  x PluginError            a plugin must be mended, blocked or removed
  x AlertError             the payload of an alert was not understood
  x InvalidMessageError    the input must be changed; no request was made
  x BackendError           the backend was asked and failed
    + SendError
      - RejectedError        it said no: do not retry
      - NotSentError         surely not sent: retry at will
        . ThrottledError     the same, but not before `retry_after` seconds
      - UnknownOutcomeError  may have been sent: look it up before repeating
    + QueryError           a report, list, balance or cancellation failed
      - NotFoundError        the backend does not know the order
      - NotDueError          the order is scheduled and not due yet

No text of an error ever holds a credential, a message text or a URL with its query.
"""

from __future__ import annotations


class ImNotifyError(Exception):
    """Anything im-notify raises on purpose; its text is meant for people."""


class ConfigError(ImNotifyError):
    """The configuration is wrong; the text names file, line, key and what is allowed."""


class PluginError(ImNotifyError):
    """A plugin cannot be used; the text names its distribution and the hook."""


class AlertError(ImNotifyError):
    """The payload of a source was not understood."""


class InvalidMessageError(ImNotifyError, ValueError):
    """The message cannot be sent as it is; nothing left this machine.

    `code` is the number the provider would have answered (provider document, error codes),
    None where it has none.
    """

    def __init__(self, text: str, *, code: int | None = None) -> None:
        """Keep the provider's number beside the text."""
        super().__init__(text)
        self.code = code


class BackendError(ImNotifyError):
    """A backend was asked and did not do it.

    `code` is the provider's own number, `http_status` the transport's; either may be None
    because there was no such answer.
    """

    def __init__(
        self,
        text: str,
        *,
        backend: str,
        code: int | None = None,
        http_status: int | None = None,
    ) -> None:
        """Keep who failed and with which numbers beside the text."""
        super().__init__(text)
        self.backend = backend
        self.code = code
        self.http_status = http_status


class SendError(BackendError):
    """A message was not, or perhaps not, taken by the backend."""


class RejectedError(SendError):
    """The backend said no; the same message will be refused again."""


class NotSentError(SendError):
    """The request surely never reached the backend; sending again cannot double it."""


class ThrottledError(NotSentError):
    """The backend asks for a pause; `retry_after` is in seconds."""

    def __init__(
        self,
        text: str,
        *,
        backend: str,
        retry_after: float,
        code: int | None = None,
        http_status: int | None = None,
    ) -> None:
        """Keep the pause, in seconds, beside the rest."""
        super().__init__(text, backend=backend, code=code, http_status=http_status)
        self.retry_after = retry_after


class UnknownOutcomeError(SendError):
    """The message may have been sent; look it up before sending it again."""


class QueryError(BackendError):
    """A question (report, list, balance) or a cancellation got no usable answer."""


class NotFoundError(QueryError):
    """The backend does not know the order, or can no longer change it."""


class NotDueError(QueryError):
    """The order is scheduled for later, so it has no report yet."""
