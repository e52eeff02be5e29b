"""Benchmarks of ./dev bench: each is a program here, its ground is shared."""
