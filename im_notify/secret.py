"""Text that must not be shown: credentials on their way from the configuration to a request."""

from __future__ import annotations


class Secret:
    """A credential; every way of printing it gives `***`, only `reveal` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep `text`; an empty one is false."""
        self._text = text

    def reveal(self) -> str:
        """Return the text itself: call this where the request is built and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        """Give three stars, whatever the length."""
        return "***"

    def __format__(self, format_spec: str) -> str:
        """Give three stars and heed no width, so that nothing counts on the text."""
        return repr(self)

    def __bool__(self) -> bool:
        """Say whether there is a text."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        """Compare with another secret in a time that does not tell where they differ."""
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest

        return compare_digest(self._bytes(), other._bytes())

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash((Secret, self._text))

    def _bytes(self) -> bytes:
        """Encode whatever an environment can hold, lone surrogates too."""
        return self._text.encode("utf-8", "surrogatepass")
