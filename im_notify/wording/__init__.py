"""What an SMS says about alerts: one text, whose fields are given up one by one when it is long."""

from im_notify.wording.lines import word
from im_notify.wording.moments import short_id
from im_notify.wording.tables import Wording

__all__ = ["Wording", "short_id", "word"]
