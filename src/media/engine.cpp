// The face of the media threads: knows which call lives where, and passes commands on.
#include "hotline/media/engine.h"

#include <system_error>
#include <unordered_map>

#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "worker.h"

namespace hotline::media {
namespace {

constexpr std::size_t kMaxWaitingCommands = 1u << 16;  // a media thread this far behind takes no new legs
constexpr int kMaxThreads = 64;

}  // namespace

struct Engine::State {
    State(const Config& c, EventSink s, Metrics& m)
        : config(c),
          sink(std::move(s)),
          metrics(m),
          unknown_legs(m.counter("media_unknown_leg_total", "Commands for legs that are not open: late, repeated or crossing")),
          ports(c.port_min, c.port_max, c.port_quarantine, static_cast<std::uint64_t>(read_clocks().at.time_since_epoch().count()),
                m.gauge("media_ports_open", "UDP ports open for RTP and RTCP")) {}

    struct Home {
        CallId call;
        std::size_t worker;
    };
    struct CallHome {
        std::size_t worker;
        std::vector<call::LegId> legs;
    };

    /// False: unknown, counted.
    bool send(call::LegId leg, Command command);
    std::size_t least_loaded() const;
    void forget(call::LegId leg);
    void forget_failed();
    void move_call(CallId call, std::size_t to);

    const Config config;
    const EventSink sink;
    Metrics& metrics;
    Metric& unknown_legs;
    PortPool ports;
    std::unique_ptr<Recorder> recorder;
    std::unique_ptr<Shared> shared;
    std::vector<std::unique_ptr<Worker>> workers;

    std::unordered_map<call::LegId, Home> legs;
    std::unordered_map<CallId, CallHome> calls;
    std::vector<std::size_t> load;  // legs by worker
};

bool Engine::State::send(call::LegId leg, Command command) {
    const auto home = legs.find(leg);
    if (home == legs.end()) {
        unknown_legs.add();
        return false;
    }
    HL_CHECK(workers[home->second.worker]->post(std::move(command)), "a media thread hangs: its mailbox overflowed");
    return true;
}

std::size_t Engine::State::least_loaded() const {
    return static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
}

void Engine::State::forget(call::LegId leg) {
    const auto home = legs.find(leg);
    if (home == legs.end()) return;
    --load[home->second.worker];
    const auto call = calls.find(home->second.call);
    std::erase(call->second.legs, leg);
    if (call->second.legs.empty()) calls.erase(call);
    legs.erase(home);
}

void Engine::State::forget_failed() {
    for (const auto& worker : workers) {
        for (const auto leg : worker->take_failed()) forget(leg);
    }
}

/// The legs of a call move between two ticks; commands that follow wait for them at the new thread.
void Engine::State::move_call(CallId call, std::size_t to) {
    auto& home = calls.at(call);
    Worker& old_worker = *workers[home.worker];
    Worker& new_worker = *workers[to];
    for (const auto leg : home.legs) new_worker.post(command::Expect{leg});
    for (const auto leg : home.legs) {
        old_worker.post(command::Release{leg, &new_worker});
        legs.at(leg).worker = to;
    }
    load[home.worker] -= home.legs.size();
    load[to] += home.legs.size();
    home.worker = to;
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Engine>> Engine::start(const Config& config, EventSink sink, Metrics& metrics) try {
    auto state = std::make_unique<State>(config, std::move(sink), metrics);
    if (state->ports.pairs() == 0) {
        return Error{ErrorKind::Invalid, "media: the range of RTP ports " + std::to_string(config.port_min) + "–" +
                                             std::to_string(config.port_max) + " holds no pair; widen it"};
    }
    auto recorder = Recorder::start(state->config, state->sink, metrics);
    if (!recorder) return recorder.error();
    state->recorder = std::move(*recorder);
    state->shared.reset(
        new Shared{state->config, state->sink, metrics, state->ports, *state->recorder, rtcp::NtpClock(read_clocks())});
    std::unique_ptr<Engine> engine(new Engine(std::move(state)));
    const int threads = std::clamp(config.threads, 1, kMaxThreads);
    for (int i = 0; i < threads; ++i) {
        engine->state_->workers.push_back(std::make_unique<Worker>(*engine->state_->shared, i));
        engine->state_->load.push_back(0);
    }
    return engine;
} catch (const std::system_error& error) {
    return Error{ErrorKind::Io,
                 std::string("media: cannot start: ") + error.what() + "; raise the limits of threads and open files"};
}

Engine::~Engine() {
    for (const auto& worker : state_->workers) worker->post(command::ShutDown{});
    state_->workers.clear();  // joins
    state_->recorder.reset();
}

void Engine::open(CallId call, call::LegId leg, const IpAddress& family_of) {
    state_->forget_failed();
    if (state_->legs.contains(leg)) return state_->unknown_legs.add();
    const auto home = state_->calls.find(call);
    const std::size_t worker = home != state_->calls.end() ? home->second.worker : state_->least_loaded();
    if (state_->workers[worker]->waiting_commands() > kMaxWaitingCommands) {
        state_->sink(call::AudioFailed{leg, "media: the media thread is overloaded; add media threads or limit calls"});
        return;
    }
    state_->legs.emplace(leg, State::Home{call, worker});
    auto& of_call = state_->calls[call];
    of_call.worker = worker;
    of_call.legs.push_back(leg);
    ++state_->load[worker];
    state_->send(leg, command::Open{call, leg, family_of});
}

void Engine::connect(call::LegId leg, const call::AgreedAudio& audio) { state_->send(leg, command::Connect{leg, audio}); }

void Engine::play(call::LegId leg, call::PlayId play, std::vector<call::SoundRef> sounds, PlayMode mode) {
    state_->send(leg, command::Play{leg, play, std::move(sounds), mode});
}

void Engine::stop(call::LegId leg) { state_->send(leg, command::Stop{leg}); }

void Engine::bridge(call::LegId a, call::LegId b) {
    const auto home_a = state_->legs.find(a), home_b = state_->legs.find(b);
    if (home_a == state_->legs.end() || home_b == state_->legs.end()) return state_->unknown_legs.add();
    if (home_a->second.worker != home_b->second.worker) {
        // Ids rise: the younger call moves.
        const bool b_is_younger = home_a->second.call < home_b->second.call;
        state_->move_call(b_is_younger ? home_b->second.call : home_a->second.call,
                          b_is_younger ? home_a->second.worker : home_b->second.worker);
    }
    state_->send(a, command::Bridge{a, b});
}

void Engine::unbridge(call::LegId leg) { state_->send(leg, command::Unbridge{leg}); }

void Engine::record(CallId call, call::LegId leg, const std::string& path) {
    if (!state_->send(leg, command::Record{leg, call, path})) {
        state_->recorder->refuse(call, "recording: the leg was closed before it began");
    }
}

void Engine::mask_recording(call::LegId leg, bool masked) { state_->send(leg, command::MaskRecording{leg, masked}); }

void Engine::take_message(const MessageOrder& order) {
    if (!state_->send(order.leg, command::TakeMessage{order.leg, order}))
        state_->recorder->refuse_message(order.message, "message: the leg was closed before it began");
}

void Engine::end_message(call::LegId leg, call::VoiceMessageId message) { state_->send(leg, command::EndMessage{leg, message}); }
void Engine::load_message(call::VoiceMessageId message) { state_->recorder->load_message(message); }
void Engine::settle_message(call::VoiceMessageId message, Fate fate) { state_->recorder->settle_message(message, fate); }

void Engine::close(call::LegId leg) {
    if (state_->send(leg, command::Close{leg})) state_->forget(leg);
}

bool Engine::flush_recordings(Duration deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    for (const auto& worker : state_->workers) {
        auto done = std::make_shared<std::promise<void>>();
        auto finished = done->get_future();
        worker->post(command::FinishRecordings{done});
        if (finished.wait_until(until) != std::future_status::ready) return false;
    }
    return state_->recorder->wait_until_idle(std::max<Duration>(until - std::chrono::steady_clock::now(), Duration(0)));
}

}  // namespace hotline::media
