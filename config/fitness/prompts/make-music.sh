#!/bin/sh
# Makes music.wav: four soft chords with a plucked figure above them, 16 s, 8 kHz mono. Every note has faded out where the file ends, so
# that the loop has no click. Needs sox.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# bar NAME  PAD PAD PAD  PLUCK PLUCK PLUCK PLUCK: 4 s, notes in Hz
bar() {
    sox -R -n -r 8000 -c 1 "$work/pad.wav" synth 4 sine "$2" synth 4 sine mix "$3" synth 4 sine mix "$4" fade q 0.8 4 1.2 gain -n -14
    at=0
    for note in "$5" "$6" "$7" "$8"; do
        sox -R -n -r 8000 -c 1 "$work/note$at.wav" synth 1 pluck "$note" fade 0.005 1 0.5 gain -n -13 pad "$at" "$((3 - at))"
        at=$((at + 1))
    done
    sox -m "$work/pad.wav" "$work/note0.wav" "$work/note1.wav" "$work/note2.wav" "$work/note3.wav" "$work/$1.wav" trim 0 4 gain -n -8
}
bar 1 261.63 329.63 392.00 523.25 659.26 783.99 659.26
bar 2 220.00 261.63 329.63 440.00 523.25 659.26 523.25
bar 3 174.61 220.00 261.63 349.23 440.00 523.25 440.00
bar 4 196.00 246.94 293.66 392.00 493.88 587.33 493.88
sox "$work/1.wav" "$work/2.wav" "$work/3.wav" "$work/4.wav" -b 16 music.wav highpass 120 lowpass 3000 fade t 0.05 16 0.05 gain -n -9
