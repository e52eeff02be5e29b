"""Making sounds and finding them again: tones, speech, correlation. Samples are float64 in -1…1 at 8 kHz."""
import json
import pathlib
import re
import subprocess
import wave

import numpy

kRate = 8000


def write_wav(path, samples):
    data = (numpy.clip(samples, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(kRate)
        out.writeframes(data.tobytes())
    return str(path)


def read_wav(path):
    """→ array of shape (channels, samples). Asserts 16-bit PCM at 8 kHz: what both baresip and our recordings are."""
    with wave.open(str(path), "rb") as f:
        assert f.getsampwidth() == 2 and f.getframerate() == kRate, f"{path}: {f.getparams()}"
        raw = numpy.frombuffer(f.readframes(f.getnframes()), "<i2").astype(float) / 32768
        return raw.reshape(-1, f.getnchannels()).T


def tone(hz, seconds, level=0.5):
    return level * numpy.sin(2 * numpy.pi * hz * numpy.arange(int(seconds * kRate)) / kRate)


def speech(text, path, voice="en"):
    """Speaks `text` into a WAV file of 8 kHz. Returns its path."""
    return _spoken(["espeak-ng", "-v", voice, "-w", "{out}", "{text}"], text, path)


def prompt(site, name, path, language="zh"):
    """What the site (a folder) says for this prompt, spoken by the site's own command. → its samples."""
    return site_says(site, prompt_text(site, name, language), path, language)


def prompt_text(site, name, language="zh"):
    return _with_comments(pathlib.Path(site) / "prompts.json")[name][language]


def site_says(site, text, path, language="zh"):
    """→ samples of this text, spoken by the site's own command."""
    command = _with_comments(pathlib.Path(site) / "site.json")["speech"]["commands"][language]
    return read_wav(_spoken(command, text, path))[0]


def _spoken(command, text, path):
    raw = f"{path}.raw.wav"
    subprocess.run([part.replace("{out}", raw).replace("{text}", text) for part in command], check=True, timeout=20)
    subprocess.run(["sox", raw, "-r", str(kRate), "-c", "1", "-b", "16", str(path)], check=True, timeout=20)
    return str(path)


def _with_comments(path):
    """JSON with // comments, as a site's files are."""
    text = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda found: found[1] or "", path.read_text())
    return json.loads(text)


def level_of(samples, hz):
    """Amplitude (0–1) of this frequency (Goertzel's filter, written as the projection that it computes)."""
    if len(samples) == 0:
        return 0.0
    turn = numpy.exp(-2j * numpy.pi * hz * numpy.arange(len(samples)) / kRate)
    return 2 * abs(numpy.dot(samples, turn)) / len(samples)


def loudest_level(samples, hz, window_s=0.5):
    """level_of in the best window: for a tone that fills only a part of a call."""
    size = int(window_s * kRate)
    return max((level_of(samples[i:i + size], hz) for i in range(0, max(1, len(samples) - size), size // 2)), default=0.0)


def rms(samples):
    return float(numpy.sqrt(numpy.mean(numpy.square(samples)))) if len(samples) else 0.0


def likeness(heard, said, pieces=4):
    """How surely `said` occurs in `heard`: the greatest normalised cross-correlation of one of its loudest seconds, 0–1.

    Speech that passed through G.711 and a jitter buffer gives above 0.9; other speech stays below 0.4.
    """
    size = kRate
    if len(heard) < size or len(said) < size:
        return 0.0
    seconds = [said[i:i + size] for i in range(0, len(said) - size + 1, size)]
    loudest = sorted(seconds, key=rms, reverse=True)[:pieces]
    length = 1 << (len(heard) + size - 1).bit_length()  # a power of two: the transform is quick
    spectrum = numpy.fft.rfft(heard, length)
    sums = numpy.concatenate(([0.0], numpy.cumsum(numpy.square(heard))))
    energy = sums[size:] - sums[:-size] + 1e-6 * size  # silence correlates with nothing
    best = 0.0
    for piece in loudest:
        products = numpy.fft.irfft(spectrum * numpy.conj(numpy.fft.rfft(piece, length)), length)[:len(energy)]
        best = max(best, float(numpy.max(products / numpy.sqrt(energy * numpy.sum(numpy.square(piece))))))
    return best
