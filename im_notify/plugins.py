"""Finds, loads, lists and calls plugins, each apart from the others."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pluggy

from im_notify import hookspecs
from im_notify.clock import SystemClock
from im_notify.errors import ConfigError, ImNotifyError, PluginError, UnknownOutcomeError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime
    from logging import Logger

    from im_notify.clock import Clock
    from im_notify.config import Config
    from im_notify.discovery import EntryPoint
    from im_notify.models import Message, Receipt
    from im_notify.protocols import Backend, Command, Outcome, Source
    from im_notify.relay_config import WriteBackConfig
    from im_notify.reports import Report

_RUINOUS = (Exception, SystemExit)  # a library that exits at import must not take us along
_WRAPPABLE = "im_notify_send"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginInfo:
    """One line of `im-notify plugins`; `error` says why a plugin is not, or not wholly, in use."""

    name: str
    distribution: str
    version: str
    hooks: tuple[str, ...] = ()
    error: str | None = None

    @property
    def origin(self) -> str:
        """Name the plugin as people find it: `name (distribution version)`."""
        return f"{self.name} ({self.distribution} {self.version})"


class _Host:
    @staticmethod
    @hookspecs.hookimpl(trylast=True)
    def im_notify_send(backend: Backend, message: Message) -> Receipt:
        return backend.send(message)


class Plugins:
    """The loaded plugins; the typed way to every hook."""

    def __init__(self) -> None:
        """Start with the host alone; `load` and `add` bring plugins."""
        self._manager = pluggy.PluginManager(hookspecs.NAME)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(_Host())
        self._infos: dict[str, PluginInfo] = {}

    @classmethod
    def load(
        cls,
        entry_points: Iterable[EntryPoint],
        *,
        allow: Collection[str] | None = None,
        block: Collection[str] = (),
    ) -> Plugins:
        """Load the entry points in the order of their names; what fails is listed, not raised.

        `allow` names the only plugins to load (None: all), `block` those to leave out.
        """
        plugins = cls()
        for entry_point in sorted(entry_points, key=lambda one: one.name):
            if (allow is None or entry_point.name in allow) and entry_point.name not in block:
                plugins._load_one(entry_point)
        return plugins

    def _load_one(self, entry_point: EntryPoint) -> None:
        info = PluginInfo(
            name=entry_point.name,
            distribution=entry_point.distribution,
            version=entry_point.version,
        )
        try:
            plugin = entry_point.load()
        except _RUINOUS as error:
            self._fail(info, error)
        else:
            self._add(plugin, info)

    def add(
        self, plugin: object, name: str, *, distribution: str = "-", version: str = "-"
    ) -> None:
        """Take `plugin` in; one that does not fit the specifications is listed, not used."""
        self._add(plugin, PluginInfo(name=name, distribution=distribution, version=version))

    def _add(self, plugin: object, info: PluginInfo) -> None:
        try:
            self._register(plugin, info.name)
        except _RUINOUS as error:
            self._fail(info, error)
        else:
            hooks = tuple(sorted(caller.name for caller, _impl in self._impls(plugin)))
            self._infos[info.name] = replace(info, hooks=hooks)

    def _register(self, plugin: object, name: str) -> None:
        if name in self._infos:
            text = _("the name {name} is taken by {other}")
            raise PluginError(text.format(name=name, other=self._infos[name].origin))
        self._manager.register(plugin, name)
        try:
            self._refuse_misfits(plugin)
        except PluginError:
            self._manager.unregister(plugin)
            raise

    def _refuse_misfits(self, plugin: object) -> None:
        for caller, impl in self._impls(plugin):
            if not caller.has_spec() and not impl.optionalhook:
                raise PluginError(_("there is no hook {hook}").format(hook=caller.name))
            if (impl.wrapper or impl.hookwrapper) and caller.name != _WRAPPABLE:
                text = _("{hook} cannot be wrapped, only {wrappable} can")
                raise PluginError(text.format(hook=caller.name, wrappable=_WRAPPABLE))

    def _impls(self, plugin: object) -> list[tuple[pluggy.HookCaller, pluggy.HookImpl]]:
        return [
            (caller, impl)
            for caller in self._manager.get_hookcallers(plugin) or ()
            for impl in caller.get_hookimpls()
            if impl.plugin is plugin
        ]

    def _fail(self, info: PluginInfo, error: BaseException) -> None:
        failed = replace(info, error=_reason(error))
        name = info.name if info.name not in self._infos else f"{info.name}@{info.distribution}"
        self._infos[name] = failed
        _log().warning(_("plugin %s is not used: %s"), failed.origin, failed.error)

    def infos(self) -> Sequence[PluginInfo]:
        """List every plugin that was found, broken ones with their reason, by name."""
        return [self._infos[name] for name in sorted(self._infos)]

    def backends(self, config: Config, clock: Clock | None = None) -> dict[str, Backend]:
        """Return the ways to send, by name. Raises PluginError when two share a name."""
        return self._collect("im_notify_backends", config=config, clock=clock or SystemClock())

    def sources(self, config: Config) -> dict[str, Source]:
        """Return the payload formats, by name. Raises PluginError when two share a name."""
        return self._collect("im_notify_sources", config=config)

    def commands(self) -> dict[str, Command]:
        """Return the subcommands, by name. Raises PluginError when two share a name."""
        return self._collect("im_notify_commands")

    def send(self, backend: Backend, message: Message) -> Receipt:
        """Send one order, through all wrappers.

        Raises SendError, and what a message or a configuration is refused for. Whatever else a
        plugin raises is an UnknownOutcomeError: the order may have been placed before.
        """
        try:
            receipt: Receipt = self._manager.hook.im_notify_send(backend=backend, message=message)
        except ImNotifyError:
            raise
        except _RUINOUS as error:
            _log().exception(_("a plugin failed while a message was sent"))
            text = _("a plugin failed ({reason}) while the message was sent")
            shown = text.format(reason=type(error).__name__)
            raise UnknownOutcomeError(shown, backend=backend.name) from error
        return receipt

    def confirm(
        self, backend: Backend, receipts: Sequence[Receipt], *, clock: Clock, until: datetime
    ) -> Iterator[Report]:
        """Yield a report at each change until all are final. Raises PluginError, QueryError."""
        found: Iterator[Report] | None = self._manager.hook.im_notify_confirm(
            backend=backend, receipts=receipts, clock=clock, until=until
        )
        if found is None:
            raise PluginError(_("no plugin confirms delivery: is the plugin confirm blocked?"))
        return found

    def report(self, report: Report, message: Message | None) -> None:
        """Tell every plugin of a change; one that raises is logged by name."""
        for info, impl in self._impls_of("im_notify_report"):
            with self._apart(info):
                _call(impl, report=report, message=message)

    def fall_back(self, url: str, text: str | None) -> str | None:
        """Tell `text` to a fallback URL; returns why that failed, None when it did not.

        Without a text nothing is told, and the answer is why that would fail.
        """
        try:
            told: bool | None = self._manager.hook.im_notify_fallback(url=url, text=text)
        except _RUINOUS as error:
            if text is not None:  # the log that hides a URL is not open before the start
                _log().exception(_("a plugin failed while it fell back"))
            return type(error).__name__
        if told is None or (text is None and not told):
            wrong = _("no plugin can use this {scheme}:// URL: look for a slip in it")
            return wrong.format(scheme=url.partition(":")[0])
        return None if told else _("the receiving service did not accept it")

    def write_back(self, target: WriteBackConfig, outcome: Outcome | None) -> None:
        """Tell `target` how a message ended; without an outcome check its settings only.

        Raises ConfigError for settings that are wrong, AlertError where trying again is of no
        use, another ImNotifyError where it may be.
        """
        try:
            told: bool | None = self._manager.hook.im_notify_write_back(
                target=target, outcome=outcome
            )
        except ImNotifyError:
            raise
        except _RUINOUS as error:
            _log().exception(_("a plugin failed while it wrote back"))
            raise PluginError(type(error).__name__) from error
        if told is None:
            text = _("[write_back.{name}] no plugin knows the kind {kind}")
            raise ConfigError(text.format(name=target.name, kind=target.kind))
        if not told:
            raise PluginError(_("the receiving service did not accept it"))

    def _collect(self, hook: str, **arguments: object) -> dict[str, Any]:
        items: dict[str, Any] = {}
        givers: dict[str, PluginInfo] = {}
        for info, impl in self._impls_of(hook):
            named: list[tuple[str, Any]] = []
            with self._apart(info):
                named = [(item.name, item) for item in _call(impl, **arguments) or ()]
            for name, item in named:
                if name in items:
                    raise PluginError(_clash(name, givers[name], info))
                items[name], givers[name] = item, info
        return items

    def _impls_of(self, hook: str) -> Iterator[tuple[PluginInfo, pluggy.HookImpl]]:
        impls = getattr(self._manager.hook, hook).get_hookimpls()
        for impl in sorted(impls, key=lambda one: one.plugin_name):
            yield self._infos[impl.plugin_name], impl

    @contextmanager
    def _apart(self, info: PluginInfo) -> Iterator[None]:
        """Log what a plugin raises and keep the reason for the listing."""
        try:
            yield
        except _RUINOUS as error:
            _log().exception(_("plugin %s failed"), info.origin)
            self._infos[info.name] = replace(self._infos[info.name], error=_reason(error))


def _call(impl: pluggy.HookImpl, **arguments: object) -> Any:  # noqa: ANN401  a plugin's answer
    """Call one implementation alone: pluggy stops all others when one raises."""
    return impl.function(*(arguments[name] for name in impl.argnames))


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())  # pluggy explains itself over several lines
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _clash(name: str, first: PluginInfo, second: PluginInfo) -> str:
    text = _("{name} is given by {first} and by {second}: block one of the two plugins")
    return text.format(name=name, first=first.origin, second=second.origin)


def _log() -> Logger:
    from logging import getLogger  # 4 ms that only a failing plugin costs

    return getLogger(__name__)
