"""The generic source's rules for systems whose payload is fixed or known; plain data.

What each of them sends is written in its own documents; where users write the body themselves
(Proxmox, LibreNMS, Datadog, Home Assistant) the names are those of its variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESETS: Mapping[str, Mapping[str, str]] = {
    "generic": {
        "object": "object | host | hostname | instance | device | monitor | node | name",
        "summary": "summary | text | message | msg | title | subject | description | name",
        "severity": "severity | priority | level",
        "started": "started_at | startsAt | started | timestamp | time | date",
        "state": "state | status",
        "episode": "episode | fingerprint | problem_id | incident_id | alert_id",
        # a monitor is one check even where it is the object; what has a host as well has its name
        "check": "check | check_name | service | 'monitor' + monitor | alertname | rule | trigger"
        " | sensor | host + name | hostname + name | instance + name | device + name",
        "event": "event_id | id",
        "group": "group",
    },
    "healthchecks": {
        "object": "name | check.name | slug",
        "summary": "message | check.desc | status | check.status",
        "severity": "severity | 'critical'",
        "state": "status | check.status",
        "episode": "code | check.uuid",
        "labels": "tags, check.slug",
        "started": "started | check.last_ping",
    },
    "uptimerobot": {
        "object": "monitorFriendlyName | monitorURL",
        "summary": "alertTypeFriendlyName + alertDetails | alertDetails | alertTypeFriendlyName",
        "severity": "alertType",  # 1 down, 2 up, 3 certificate expires
        "critical": "1, 2",
        "warning": "3",
        "state": "alertType",
        "resolved": "2",
        "once": "3",
        "episode": "monitorID | monitorURL",
        "event": "monitorID + alertDateTime",
        "started": "alertDateTime",
        "labels": "monitorURL",
    },
    "librenms": {
        "object": "host | display | hostname | sysName | ip",
        "summary": "name | title | message | msg | rule",
        "severity": "severity",
        "state": "state",  # 0 ok, 1 alert, 2 acknowledged, 3 worse, 4 better
        "resolved": "0",
        "acknowledged": "2",
        # `id` is another one when it gets worse or better, `uid` even when it recovers
        "episode": "alert_id | device_id + rule_id | host + rule | id",
        "event": "uid",
        "started": "timestamp",
        "labels": "rule, location",
    },
    "proxmox": {
        "object": "fields.hostname | hostname | host",
        "summary": "title | message",
        "severity": "severity",
        "event": "title + timestamp",
        "once": "*",
        "started": "timestamp",
        "labels": "fields.type, fields.job-id",
    },
    "homeassistant": {
        "object": "entity_id | entity | data.entity_id | title",
        "summary": "text | message | title",
        "severity": "severity | data.severity",
        "state": "state | data.state",
        "episode": "episode | tag | data.tag",
        "event": "id",
    },
    "graylog": {
        "object": "event.key | event.fields.source | event.source",
        "summary": "event.message | event_definition_title | event_definition_description",
        "severity": "event.priority",
        "info": "1",
        "warning": "2",
        "critical": "3, 4",
        "event": "event.id",
        "once": "*",
        "started": "event.timestamp",
        "labels": "event_definition_title, event.source",
    },
    "datadog": {
        "object": "host | hostname | scope",
        "summary": "summary | title | event_title | message",
        "severity": "priority | severity | alert_type",
        "state": "transition | alert_transition",
        "episode": "cycle_key | alert_cycle_key | aggreg_key | alert_id + scope",
        "event": "event_id | id",
        "started": "date_ms | date",
        "labels": "scope, alert_id",
    },
    "splunk": {
        "object": "result.host | result.dest | result.src",
        "summary": "search_name | result._raw | sid",
        "severity": "result.severity | result.urgency | severity",
        "event": "sid",
        "once": "*",
        "labels": "result.src, result.count, app",
    },
    "opsgenie": {
        "object": "alert.entity | alert.source",
        "summary": "alert.message | alert.alias",
        "severity": "alert.priority",
        "state": "action",
        "resolved": "close, delete",
        "acknowledged": "acknowledge",
        "ignored": "addnote, addtags, removetags, addrecipient, addteam, assignownership,"
        " takeownership, addresponder, updatedescription, updatemessage, updatenote, seen",
        "episode": "alert.alertId | alert.alias",
        "started": "alert.createdAt",
        "labels": "alert.tags, alert.alias",
    },
    "cloudevents": {
        "object": "data.object | data.host | data.instance | place + subject | subject | place",
        "summary": "data.summary | data.message | data.text | data.title | data | text | type",
        "severity": "data.severity | data.priority | severity",
        "state": "data.state | data.status | type_word",
        "once": "?",
        "episode": "data.episode | data.fingerprint | source + type_stem + subject",
        "event": "source + id",
        "started": "time",
        "labels": "type, subject, source",
    },
    "wazuh": {
        "object": "agent.name | manager.name | host | monitor",
        "summary": "rule.description | title | message | full_log | text",
        # levels of rules go up to 16; triggers of the monitors of Wazuh 5 have 1, the worst, to 5
        "severity": "rule.level | 'of' + severity",
        "info": "0, 1, 2, 3, 4, 5, 6, of 4, of 5, of low, of info, of informational",
        "warning": "7, 8, 9, 10, 11, of 3, of medium, of warning",
        "critical": "12, 13, 14, 15, 16, of 1, of 2, of high, of critical",
        "event": "id",
        "once": "*",
        "started": "timestamp",
        "labels": "rule.id, rule.level, location",
    },
}
