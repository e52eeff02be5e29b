// Cost of looking for keys in one 20 ms frame of one leg: silence, speech-like noise, a key held down.
#include "media/inband_dtmf.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace {

using hotline::media::InbandDtmf;
using Pcm = std::vector<std::int16_t>;
constexpr std::size_t kFrame = 160;

void feed_frames(benchmark::State& state, const Pcm& pcm) {
    InbandDtmf detector;
    std::size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(detector.feed(std::span(pcm).subspan(at, kFrame)));
        at = (at + kFrame) % (pcm.size() - kFrame);
    }
}

void silence(benchmark::State& state) { feed_frames(state, Pcm(8000)); }

void noise(benchmark::State& state) {
    std::mt19937 random(1);
    std::normal_distribution<double> normal(0, 3000);
    Pcm pcm(8000);
    for (auto& sample : pcm) sample = static_cast<std::int16_t>(normal(random));
    feed_frames(state, pcm);
}

void key(benchmark::State& state) {
    Pcm pcm(8000);
    for (std::size_t n = 0; n < pcm.size(); ++n) {
        const double t = 2 * std::numbers::pi * static_cast<double>(n) / 8000;
        pcm[n] = static_cast<std::int16_t>(6000 * (std::sin(770 * t) + std::sin(1336 * t)));
    }
    feed_frames(state, pcm);
}

BENCHMARK(silence);
BENCHMARK(noise);
BENCHMARK(key);

}  // namespace

BENCHMARK_MAIN();
