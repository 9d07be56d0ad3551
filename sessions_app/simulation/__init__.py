"""Simulated candidates, and a simulated colleague, who use the public pages like anyone else.

`room` runs them all; `plans` decides who does what; `candidate` and `colleague` do it.
"""
