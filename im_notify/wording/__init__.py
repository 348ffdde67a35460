"""What an SMS says about alerts: one text, whose fields are given up one by one when it is long."""

from im_notify.wording.lines import word
from im_notify.wording.moments import short_id
from im_notify.wording.storms import word_storm
from im_notify.wording.tables import Wording
from im_notify.wording.templates import Templates, read_templates

__all__ = ["Templates", "Wording", "read_templates", "short_id", "word", "word_storm"]
