"""Prompts that a packet tells apart: long tones of different pitch."""
import numpy

from rig import sound

kTones = {"low": 500, "high": 1500}  # Hz: whole periods in a frame of 20 ms
kToneSeconds = 590                   # a prompt may last for ten minutes


def add_tones(site):
    """To the prompts of a site (a folder made of config/travel)."""
    book = site / "prompts.json"
    book.write_text(book.read_text().replace('"music": {}', '"music": {}, ' + ", ".join(f'"{name}": {{}}' for name in kTones)))
    for name, hz in kTones.items():
        sound.write_wav(site / "prompts" / f"{name}.wav", sound.tone(hz, kToneSeconds))


def decode(payload):
    """A-law → samples (ITU-T G.711, table 1a)."""
    code = numpy.frombuffer(payload, numpy.uint8).astype(int) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    level = numpy.where(exponent == 0, 2 * mantissa + 1, (2 * mantissa + 33) << numpy.maximum(exponent - 1, 0))
    return numpy.where(code & 0x80, level, -level) / 4096


def is_tone(payload, hz):
    """Is this pitch, more than half of the frame's energy, in it?"""
    samples = decode(payload)
    wave = numpy.exp(-2j * numpy.pi * hz * numpy.arange(len(samples)) / sound.kRate)
    energy = float((samples ** 2).sum())
    return energy > 0.5 and 2 * abs((samples * wave).sum()) ** 2 / len(samples) > 0.5 * energy
