"""What tests, the demo and the benchmarks share: a running site, headless phones, SIPp, psql, sound.

Debian's Python, its standard library and numpy; nothing else.
"""
