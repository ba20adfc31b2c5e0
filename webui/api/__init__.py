"""`/api`: the records (incidents, SLA clocks, escalations, calendars), schedules, one's own sessions and tokens, and the command's calls.

JSON in camelCase, errors as problem details (RFC 9457), long lists in slices with a cursor, changes under the ETag that was read.
"""

from webui.api import calendars as calendars
from webui.api import clocks as clocks
from webui.api import escalations as escalations
from webui.api import hooks as hooks
from webui.api import incidents as incidents
from webui.api import processes as processes
from webui.api import schedules as schedules
from webui.api import sessions as sessions
from webui.api import subscriptions as subscriptions
from webui.api import tokens as tokens
from webui.api.api import API

__all__ = ["API"]
