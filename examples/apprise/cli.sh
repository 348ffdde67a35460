#!/bin/sh
# SMS from the apprise command. Set SMS_URL first: iletimerkezi://KEY:HASH@SENDER/5301234567?iys=0
set -eu

# 1. For good: a file in your plugin folder (~/.apprise/plugins). Uptime Kuma uses this too.
im-notify apprise install
im-notify apprise check
apprise -v -t "db1" -b "disk full" "$SMS_URL"
im-notify apprise install --remove

# 2. For one call: -P names the folder.
apprise -v -P "$(im-notify apprise path)" -b "disk full on db2" "$SMS_URL"

# 3. For a service: the variable replaces the plugin folders.
APPRISE_PLUGIN_PATH="$(im-notify apprise path)"
export APPRISE_PLUGIN_PATH
apprise -v -b "disk full on db3" "$SMS_URL"

# 4. With delivery: exits with 0 only when the SMS has arrived. -vv shows the order's number.
apprise -vv -b "disk full on db4" "$SMS_URL&confirm=30"
