// What a bridged call costs, without and with recording, beside a bare relay of the same packets in the same run.
//
//   bench_media [--calls 200] [--seconds 10] [--rounds 3] [--mode relay|bridge|record|churn|all] [--data DIR] [--json FILE]
//
// Each round runs the modes one after the other, so that a disturbed stretch of the machine hits all of them; medians are told.
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include "hotline/media/engine.h"
#include "media_load.h"
#include "media_yardstick.h"

namespace hotline::media::bench {
namespace {

struct Options {
    std::size_t calls = 200;
    double seconds = 10;
    int rounds = 3;
    std::string mode = "all", json, data;
};

struct Measured {
    double us_a_packet = 0, ms_a_call_second = 0;
    double p50_us = 0, p99_us = 0, max_us = 0;
    std::int64_t sent = 0, lost = 0;
    double kb_a_call = 0;
};

double resident_kb() {
    long total = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// CPU of `threads` while the phones talk. A first second warms caches up and locks sources.
Measured measure(Phones& phones, const std::vector<pid_t>& threads, double seconds) {
    phones.talk(1);
    const auto before = cpu_ns(threads);
    auto load = phones.talk(seconds);
    const auto used = static_cast<double>(cpu_ns(threads) - before);
    Measured m;
    m.us_a_packet = used / 1e3 / static_cast<double>(load.sent);
    m.ms_a_call_second = used / 1e6 / seconds / (static_cast<double>(phones.size()) / 2);
    m.p50_us = load.percentile(0.5);
    m.p99_us = load.percentile(0.99);
    m.max_us = load.percentile(1);
    m.sent = load.sent;
    m.lost = load.sent - load.received;
    return m;
}

Measured run_yardstick(const Options& options) {
    Phones phones(2 * options.calls);
    Yardstick yardstick(phones);
    const auto threads = threads_named(Yardstick::kName);
    for (const pid_t thread : threads) pin(thread, kServerCore);
    return measure(phones, threads, options.seconds);
}

/// An engine, and what it tells.
class Told {
  public:
    EventSink sink() {
        return [this](call::Event event) {
            std::lock_guard lock(mutex_);
            if (const auto* opened = std::get_if<call::AudioOpened>(&event)) opened_[opened->leg.value] = opened->local;
            if (const auto* failed = std::get_if<call::AudioFailed>(&event))
                std::fprintf(stderr, "%s\n", failed->text.c_str()), std::exit(1);
            if (const auto* lost = std::get_if<call::RecordingLost>(&event))
                std::fprintf(stderr, "%s\n", lost->text.c_str()), std::exit(1);
            changed_.notify_all();
        };
    }
    Engine* start(const Config& config, Metrics& metrics) {
        auto started = Engine::start(config, sink(), metrics);
        if (!started) std::fprintf(stderr, "%s\n", started.error().text.c_str()), std::exit(1);
        engine_ = std::move(started).value();
        return engine_.get();
    }
    void stop() { engine_.reset(); }
    Address opened(std::uint64_t leg) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(5), [&] { return opened_.contains(leg); });
        return opened_.at(leg);
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint64_t, Address> opened_;
    std::unique_ptr<Engine> engine_;
};

std::vector<pid_t> pinned_media_threads() {
    while (threads_named("media-0").empty() || threads_named("media-disk").empty()) std::this_thread::yield();
    const auto threads = threads_named("media-");
    for (const pid_t thread : threads) pin(thread, kServerCore);
    return threads;
}

call::AgreedAudio agreed_with(const Address& phone) {
    call::AgreedAudio audio;
    audio.remote_rtp = phone;
    audio.remote_rtcp = {phone.ip, 9};  // discard
    audio.telephone_event = 101;
    return audio;
}

Measured run_engine(const Options& options, bool recorded) {
    Phones phones(2 * options.calls);
    Metrics metrics;
    Told told;
    Config config;
    config.data_dir = options.data;
    config.disk_reserve_bytes = 0;
    Engine& engine = *told.start(config, metrics);
    const auto threads = pinned_media_threads();

    const double before_kb = resident_kb();
    for (std::size_t i = 0; i < phones.size(); ++i) {
        const std::uint64_t call = i / 2 + 1, leg = i + 1;
        engine.open(CallId{call}, call::LegId{leg}, phones.address(i).ip);
        phones.call(i, told.opened(leg));
        engine.connect(call::LegId{leg}, agreed_with(phones.address(i)));
        if (i % 2 == 0) continue;
        engine.bridge(call::LegId{leg - 1}, call::LegId{leg});
        if (recorded) engine.record(CallId{call}, call::LegId{leg - 1}, "recordings/" + std::to_string(call) + ".wav");
    }
    Measured m = measure(phones, threads, options.seconds);
    m.kb_a_call = (resident_kb() - before_kb) / static_cast<double>(options.calls);
    m.lost += metrics.counter("recordings_lost_total", "").value();
    told.stop();
    std::filesystem::remove_all(options.data + "/recordings");
    return m;
}

/// A whole short call: two legs open, agree, are bridged and recorded, close. Media threads' CPU for each, in ms.
double run_churn(const Options& options) {
    constexpr std::uint64_t kCalls = 1000;
    Phones phones(2);
    Metrics metrics;
    Told told;
    Config config;
    config.data_dir = options.data;
    config.disk_reserve_bytes = 0;
    config.port_quarantine = Duration(0);
    Engine& engine = *told.start(config, metrics);
    const auto threads = pinned_media_threads();
    const auto before = cpu_ns(threads);
    for (std::uint64_t call = 1; call <= kCalls; ++call) {
        const call::LegId a{2 * call}, b{2 * call + 1};
        for (const auto leg : {a, b}) engine.open(CallId{call}, leg, phones.address(0).ip);
        for (const auto leg : {a, b}) {
            told.opened(leg.value);
            engine.connect(leg, agreed_with(phones.address(leg.value % 2)));
        }
        engine.bridge(a, b);
        engine.record(CallId{call}, a, "recordings/" + std::to_string(call) + ".wav");
        for (const auto leg : {a, b}) engine.close(leg);
    }
    engine.flush_recordings(Duration(std::chrono::seconds(30)));
    const auto used = static_cast<double>(cpu_ns(threads) - before) / 1e6 / kCalls;
    told.stop();
    std::filesystem::remove_all(options.data + "/recordings");
    return used;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

double median_of(const std::vector<Measured>& rounds, double Measured::*field) {
    std::vector<double> values;
    for (const auto& m : rounds) values.push_back(m.*field);
    return median(values);
}

using Results = std::map<std::string, std::vector<Measured>>;

/// Ratio of CPU to the yardstick of the same round, the median.
double ratio(const Results& results, const std::string& mode) {
    const auto yardstick = results.find("relay");
    if (yardstick == results.end()) return 0;
    std::vector<double> ratios;
    const auto& rounds = results.at(mode);
    for (std::size_t i = 0; i < rounds.size(); ++i) ratios.push_back(rounds[i].us_a_packet / yardstick->second[i].us_a_packet);
    return median(ratios);
}

std::int64_t lost(const std::vector<Measured>& rounds) {
    std::int64_t sum = 0;
    for (const auto& m : rounds) sum += m.lost;
    return sum;
}

void print_heading(const Options& options) {
    std::printf("media: %zu calls, %.0f s, %d rounds; server on core %d, load on core %d\n", options.calls, options.seconds,
                options.rounds, kServerCore, kLoadCore);
    std::printf("%-8s %12s %14s %7s %6s %9s %9s %9s %9s\n", "mode", "us/packet", "ms/call-sec", "ratio", "lost", "p50 us", "p99 us",
                "max us", "kB/call");
}

void report(const Options& options, const Results& results, double churn_ms) {
    if (!results.empty()) print_heading(options);
    std::string json = "{\"calls\":" + std::to_string(options.calls) + ",\"seconds\":" + std::to_string(options.seconds);
    for (const auto* mode : {"relay", "bridge", "record"}) {
        const auto found = results.find(mode);
        if (found == results.end()) continue;
        const auto& r = found->second;
        const auto of = [&](double Measured::*field) { return median_of(r, field); };
        std::printf("%-8s %12.2f %14.3f %7.2f %6lld %9.0f %9.0f %9.0f %9.1f\n", mode, of(&Measured::us_a_packet),
                    of(&Measured::ms_a_call_second), ratio(results, mode), static_cast<long long>(lost(r)), of(&Measured::p50_us),
                    of(&Measured::p99_us), of(&Measured::max_us), of(&Measured::kb_a_call));
        char line[512];
        std::snprintf(line, sizeof line,
                      ",\"%s\":{\"us_per_packet\":%.3f,\"ms_per_call_second\":%.4f,\"ratio\":%.3f,\"lost\":%lld,\"p50_us\":%.1f,"
                      "\"p99_us\":%.1f,\"max_us\":%.1f,\"kb_per_call\":%.1f}",
                      mode, of(&Measured::us_a_packet), of(&Measured::ms_a_call_second), ratio(results, mode),
                      static_cast<long long>(lost(r)), of(&Measured::p50_us), of(&Measured::p99_us), of(&Measured::max_us),
                      of(&Measured::kb_a_call));
        json += line;
    }
    if (churn_ms > 0) {
        std::printf("a call's opening, recording and closing: %.3f ms of media threads\n", churn_ms);
        json += ",\"churn_ms_per_call\":" + std::to_string(churn_ms);
    }
    if (!options.json.empty()) std::ofstream(options.json) << json << "}\n";
}

Options read_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i], value = argv[i + 1];
        if (name == "--calls") options.calls = static_cast<std::size_t>(std::atoi(value.c_str()));
        if (name == "--seconds") options.seconds = std::atof(value.c_str());
        if (name == "--rounds") options.rounds = std::atoi(value.c_str());
        if (name == "--mode") options.mode = value;
        if (name == "--json") options.json = value;
        if (name == "--data") options.data = value;
    }
    return options;
}

int run(int argc, char** argv) {
    Options options = read_options(argc, argv);
    std::string scratch = (std::filesystem::temp_directory_path() / "hotline-bench-XXXXXX").string();
    if (options.data.empty()) {
        if (!::mkdtemp(scratch.data())) die("mkdtemp");
        options.data = scratch;
    }
    const bool all = options.mode == "all";
    Results results;
    const double churn_ms = all || options.mode == "churn" ? run_churn(options) : 0;
    for (int round = 0; round < options.rounds && options.mode != "churn"; ++round) {
        results["relay"].push_back(run_yardstick(options));
        if (all || options.mode == "bridge") results["bridge"].push_back(run_engine(options, false));
        if (all || options.mode == "record") results["record"].push_back(run_engine(options, true));
    }
    report(options, results, churn_ms);
    if (options.data == scratch) std::filesystem::remove_all(scratch);
    return 0;
}

}  // namespace
}  // namespace hotline::media::bench

int main(int argc, char** argv) { return hotline::media::bench::run(argc, argv); }
