"""The phantom of another hospital: other patients, and a machine that looks at them otherwise."""

from dataclasses import replace
from functools import partial

from guidedseg.datasets import phantom
from guidedseg.datasets.phantom import Machine

THERE = Machine(gain_db=(4, 7), range_db=(47, 51), margin=0.08)
"""Brighter, harder, and black at the sides."""

DATASET = replace(
    phantom.DATASET,
    name="phantom_elsewhere",
    title="the phantom of another hospital",
    generate=partial(phantom.generate, machine=THERE),
    limits="Drawn pictures of another look, to try what an external test is.",
)
