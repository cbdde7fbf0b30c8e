"""The zone's units, published totals and random numbers."""

from pathlib import Path

from data.synthetic.register import Register

REGISTER = Register(Path(__file__).parent, 621000)
