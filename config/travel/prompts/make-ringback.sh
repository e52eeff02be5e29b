#!/bin/sh
# Makes ringback.wav: China's ringing tone (GF 002-9002.1: 450 Hz, 1 s on, 4 s off), 8 kHz mono. Needs sox.
set -eu
cd "$(dirname "$0")"
sox -R -n -r 8000 -c 1 -b 16 ringback.wav synth 1 sine 450 fade t 0.005 1 0.005 gain -n -16 pad 0 4
