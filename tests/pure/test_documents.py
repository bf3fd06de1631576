"""Files of events are told by what is in them: documents, lines, tables."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from service.domain.problems import Refused
from service.intake.rows import Asked, Item
from service.intake.tables import Limits
from service.submitting import documents
from service.submitting.spooling import Spooled
from tests.pure.samples import SAMPLES

LATEST = dt.date(2027, 1, 1)
EVENT = json.dumps(SAMPLES[0])
TWO = json.dumps(SAMPLES[1])
