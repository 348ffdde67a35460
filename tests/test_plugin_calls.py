from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify import (
    AlertError,
    Command,
    Message,
    PluginError,
    Receipt,
    Report,
    hookimpl,
)
from im_notify.config import Config
from im_notify.testing import START, FakeBackend, FakeClock

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from datetime import datetime

    from im_notify.app import App
    from im_notify.clock import Clock
    from im_notify.plugins import Plugins
    from im_notify.protocols import Backend, Request, Source


@pytest.fixture
def receipt(message: Message) -> Receipt:
    """A receipt as the backend of the kit gives it."""
    return FakeBackend().send(message)


@pytest.fixture
def report(receipt: Receipt) -> Report:
    """A report that says delivered."""
    return FakeBackend().report(receipt)


class Giver:
    """A plugin that gives the backends it was made with."""

    def __init__(self, *names: str) -> None:
        """Take the names."""
        self.names = names

    @hookimpl
    def im_notify_backends(self) -> Iterator[Backend]:
        """Give one backend a name; a name `!` breaks off."""
        for name in self.names:
            if name == "!":
                raise RuntimeError("no licence")
            yield FakeBackend(name=name)


def test_backends_of_all_plugins_are_collected_by_name(plugins: Plugins) -> None:
    """Each plugin may give several."""
    plugins.add(Giver("pager", "fax"), "one")
    plugins.add(Giver("bell"), "two")

    found = plugins.backends(Config())

    assert sorted(found) == ["bell", "fax", "pager"]
    assert all(backend.name == name for name, backend in found.items())


def test_a_plugin_is_handed_configuration_and_clock(plugins: Plugins, clock: FakeClock) -> None:
    """A backend keeps time by the host's clock, so that a test can stop it."""

    class Timed:
        @hookimpl
        def im_notify_backends(self, config: Config, clock: Clock) -> list[Backend]:
            return [FakeBackend(name=config.environ["PAGER_NAME"], clock=clock)]

    plugins.add(Timed(), "timed")

    found = plugins.backends(Config(environ={"PAGER_NAME": "pager"}), clock)

    assert found == {"pager": FakeBackend(name="pager", clock=clock)}


def test_two_backends_of_one_name_are_an_error_that_names_both(plugins: Plugins) -> None:
    """Nothing is chosen in silence: both distributions are named, and what to do."""
    plugins.add(Giver("pager"), "first", distribution="pager-one", version="1.0")
    plugins.add(Giver("pager"), "second", distribution="pager-two", version="2.0")

    with pytest.raises(PluginError) as raised:
        plugins.backends(Config())

    assert str(raised.value) == (
        "pager is given by first (pager-one 1.0) and by second (pager-two 2.0): "
        "block one of the two plugins"
    )


def test_a_plugin_that_fails_to_give_is_left_out(
    plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged by name, the reason is in the listing, and the others' backends are there."""
    plugins.add(Giver("half", "!"), "broken", distribution="bad", version="3")
    plugins.add(Giver("pager"), "good")

    found = plugins.backends(Config())

    assert list(found) == ["pager"]
    assert "plugin broken (bad 3) failed" in caplog.text
    assert plugins.infos()[0].error == "RuntimeError: no licence"


def test_what_is_no_backend_is_the_fault_of_its_plugin(plugins: Plugins) -> None:
    """An object without a name does not stop the others."""

    class Confused:
        @hookimpl
        def im_notify_backends(self) -> list[int]:
            return [1]

    plugins.add(Confused(), "confused")
    plugins.add(Giver("pager"), "good")

    assert list(plugins.backends(Config())) == ["pager"]
    assert "AttributeError" in (plugins.infos()[0].error or "")


def test_a_plugin_that_gives_nothing_is_fine(plugins: Plugins) -> None:
    """A hook may return None, where a plugin finds that it is not configured."""

    class Silent:
        @hookimpl
        def im_notify_backends(self, config: Config) -> None:
            assert isinstance(config, Config)

    plugins.add(Silent(), "silent")

    assert plugins.backends(Config()) == {}
    assert plugins.infos()[0].error is None


class Mailbox:
    """A source that understands nothing."""

    name = "mailbox"

    def parse(self, request: Request) -> Iterable[Report]:
        """Understand nothing."""
        raise AlertError(request.method)


def test_sources_are_collected_and_may_not_clash(plugins: Plugins) -> None:
    """What holds for backends holds for payload formats."""

    class Posted:
        @hookimpl
        def im_notify_sources(self, config: Config) -> list[Source]:
            return [Mailbox()] if config else []

    plugins.add(Posted(), "first")
    assert list(plugins.sources(Config())) == ["mailbox"]

    plugins.add(Posted(), "second")
    with pytest.raises(PluginError, match=r"mailbox is given by first .* and by second"):
        plugins.sources(Config())


def test_commands_may_not_clash(plugins: Plugins) -> None:
    """What holds for backends holds for commands."""

    class Commanding:
        @hookimpl
        def im_notify_commands(self) -> tuple[Command, ...]:
            return (Command(name="page", help="", configure=_no_arguments, run=_no_work),)

    plugins.add(Commanding(), "first")
    assert list(plugins.commands()) == ["page"]

    plugins.add(Commanding(), "second")
    with pytest.raises(PluginError, match=r"page is given by first .* and by second"):
        plugins.commands()


def _no_arguments(_parser: argparse.ArgumentParser) -> None:
    pass


def _no_work(_arguments: argparse.Namespace, _app: App) -> int:
    return 0


class Teller:
    """A plugin that remembers what it was told, or fails at it."""

    def __init__(self, error: BaseException | None = None) -> None:
        """Take what to raise, if anything."""
        self.error = error
        self.told: list[tuple[str, Message | None]] = []

    @hookimpl
    def im_notify_report(self, report: Report, message: Message | None) -> None:
        """Remember, then fail."""
        self.told.append((report.order_id, message))
        if self.error:
            raise self.error


@pytest.mark.parametrize("error", [RuntimeError("disk full"), SystemExit("bye"), KeyError("x")])
def test_a_raising_report_hook_is_logged_and_the_others_are_told(
    plugins: Plugins,
    report: Report,
    message: Message,
    error: BaseException,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log has its name, the listing its reason, and those before and after hear of it."""
    before, failing, after = Teller(), Teller(error), Teller()
    plugins.add(before, "a")
    plugins.add(failing, "b", distribution="bad", version="3")
    plugins.add(after, "c")

    plugins.report(report, message)

    told = [(report.order_id, message)]
    assert before.told == failing.told == after.told == told
    assert "plugin b (bad 3) failed" in caplog.text
    assert [info.error is None for info in plugins.infos()] == [True, False, True]


def test_a_failing_report_hook_is_told_again(plugins: Plugins, report: Report) -> None:
    """One fault does not cut a plugin off: the next change reaches it."""
    failing = Teller(RuntimeError("disk full"))
    plugins.add(failing, "failing")

    plugins.report(report, None)
    plugins.report(report, None)

    assert len(failing.told) == 2


def test_an_interrupt_while_telling_comes_through(plugins: Plugins, report: Report) -> None:
    """Ctrl-C is for the program, not for the plugin."""
    plugins.add(Teller(KeyboardInterrupt()), "slow")

    with pytest.raises(KeyboardInterrupt):
        plugins.report(report, None)


def test_a_hook_takes_the_arguments_that_it_wants(plugins: Plugins, report: Report) -> None:
    """Arguments may be left out, so that adding one never breaks a plugin."""
    calls: list[str] = []

    class Brief:
        @hookimpl
        def im_notify_report(self) -> None:
            calls.append("told")

    plugins.add(Brief(), "brief")
    plugins.report(report, None)

    assert calls == ["told"]


@pytest.mark.parametrize("style", [hookimpl(wrapper=True), hookimpl(hookwrapper=True)])
def test_only_the_send_can_be_wrapped(
    plugins: Plugins, style: Callable[[object], object], report: Report
) -> None:
    """A wrapper around a hook that the host calls one by one would never run: it is refused."""

    class Wrapping:
        def im_notify_report(self) -> Generator[None, None, None]:
            yield

    style(Wrapping.im_notify_report)

    plugins.add(Wrapping(), "wrapping")
    plugins.report(report, None)

    error = plugins.infos()[0].error
    assert error == ("PluginError: im_notify_report cannot be wrapped, only im_notify_send can")


def test_a_hook_of_a_later_version_can_be_optional(plugins: Plugins, report: Report) -> None:
    """A plugin that serves two versions marks what the older one does not have."""

    class Modern(Teller):
        @hookimpl(optionalhook=True)
        def im_notify_something_new(self) -> None:
            raise AssertionError

    modern = Modern()
    plugins.add(modern, "modern")
    plugins.report(report, None)

    assert plugins.infos()[0].error is None
    assert len(modern.told) == 1


def test_the_first_plugin_that_confirms_is_heard(
    plugins: Plugins, receipt: Receipt, report: Report
) -> None:
    """One that passes leaves it to the next; the reports come as it yields them."""

    class Passing:
        @hookimpl(tryfirst=True)
        def im_notify_confirm(self) -> None:
            return None

    class Confirming:
        @hookimpl
        def im_notify_confirm(
            self, backend: Backend, receipts: Sequence[Receipt], clock: Clock, until: datetime
        ) -> Iterator[Report]:
            assert until > clock.now()
            yield from (backend.report(one) for one in receipts)

    plugins.add(Passing(), "passing")
    plugins.add(Confirming(), "confirming")
    until = START.replace(hour=10)

    found = list(plugins.confirm(FakeBackend(), [receipt], clock=FakeClock(), until=until))

    assert found == [report]


def test_without_a_plugin_that_confirms_there_is_an_error(
    plugins: Plugins, receipt: Receipt
) -> None:
    """It says which plugin is missing."""
    with pytest.raises(PluginError, match="is the plugin confirm blocked"):
        plugins.confirm(FakeBackend(), [receipt], clock=FakeClock(), until=START)


class Pager:
    """A plugin that answers for `pager://` as it was made to."""

    def __init__(self, answer: bool | Exception) -> None:  # noqa: FBT001  what the hook answers
        """Take the answer, or what to raise."""
        self.answer = answer
        self.asked: list[str | None] = []

    @hookimpl
    def im_notify_fallback(self, url: str, text: str | None) -> bool | None:
        """Answer."""
        self.asked.append(text)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if url.startswith("pager://") else None


@pytest.mark.parametrize(
    ("url", "answer", "objection"),
    [
        ("pager://u:passw0rd@x", True, None),
        ("pager://u:passw0rd@x", False, "no plugin can use this pager:// URL: "),
        ("pgaer://u:passw0rd@x", True, "no plugin can use this pgaer:// URL: "),
        ("pager://u:passw0rd@x", RuntimeError("no line to passw0rd"), "RuntimeError"),
    ],
)
def test_a_fallback_is_asked_before_it_is_needed(
    plugins: Plugins,
    caplog: pytest.LogCaptureFixture,
    url: str,
    answer: bool | Exception,  # noqa: FBT001  a column of the table
    objection: str | None,
) -> None:
    """Nothing is told then, and nothing of the URL but its scheme is repeated anywhere."""
    pager = Pager(answer)
    plugins.add(pager, "pager")

    found = plugins.fall_back(url, None)

    assert (found or "").startswith(objection or "")
    assert (found is None) is (objection is None)
    assert pager.asked == [None]
    assert "passw0rd" not in caplog.text + (found or "")
