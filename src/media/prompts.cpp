#include "hotline/media/prompts.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "hotline/base/log.h"
#include "hotline/base/mailbox.h"
#include "hotline/base/text.h"
#include "media/prompt_source.h"
#include "media/sound_cache.h"

namespace hotline::media {
namespace {

constexpr std::size_t kMaxDeliveries = 100'000;  // the sink must not block, so this is never reached
constexpr std::size_t kMaxFailures = 10'000;

/// What one prepare() or warm() asked for.
struct Request {
    std::optional<call::SpeechId> speech;  // none: warm()
    std::vector<call::SoundRef> sounds;
    std::size_t missing = 0;
};

/// One utterance being made, however many ask for it.
struct Job {
    enum class Stage { WaitsForLoader, Loading, WaitsForProgram, InProgram };
    struct Waiter {
        std::shared_ptr<Request> request;
        std::size_t place;
    };
    ivr::Utterance what;
    std::shared_ptr<const PromptConfig> config;
    std::uint64_t generation;
    Stage stage = Stage::WaitsForLoader;
    bool urgent = false;  // a call waits for it
    std::vector<Waiter> waiters;
};
using JobRef = std::shared_ptr<Job>;

/// Jobs before one stage; those that calls wait for go first. A job may stand in both rows (it became urgent later): it is taken
/// once, since taking it changes its stage. So a row is at most as long as there are jobs.
class JobQueue {
  public:
    explicit JobQueue(Job::Stage waiting, Job::Stage taken) : waiting_(waiting), taken_(taken) {}

    void push(const JobRef& job) {
        job->stage = waiting_;
        row_of(*job).push_back(job);
    }
    /// The job has become urgent.
    void promote(const JobRef& job) {
        if (job->stage == waiting_) urgent_.push_back(job);
    }
    JobRef take() {
        for (auto* row : {&urgent_, &others_}) {
            while (!row->empty()) {
                JobRef job = std::move(row->front());
                row->pop_front();
                if (job->stage != waiting_) continue;
                job->stage = taken_;
                return job;
            }
        }
        return nullptr;
    }

  private:
    std::deque<JobRef>& row_of(const Job& job) { return job.urgent ? urgent_ : others_; }
    Job::Stage waiting_, taken_;
    std::deque<JobRef> urgent_, others_;
};

std::string key_of(const ivr::Utterance& what) { return what.language + '\0' + what.name + '\0' + what.text; }

}  // namespace

struct PromptLibrary::State {
    State(const PromptConfig& first, std::function<void(call::Event)> to, Metrics& metrics)
        : sink(std::move(to)),
          requests(metrics.counter("speech_requests_total", "Prompts asked for, in groups as they are said")),
          refused(metrics.counter("speech_refused_total", "Groups of prompts left silent because too many were waiting")),
          synthesised(metrics.counter("speech_synthesised_total", "Texts turned into sound by the synthesis program")),
          failed(metrics.counter("speech_failed_total", "Texts that could not be made into sound")),
          cached_bytes(metrics.gauge("speech_cached_bytes", "Prompts in memory")),
          waiting(metrics.gauge("speech_waiting", "Groups of prompts that wait for a file or a program")),
          config(std::make_shared<const PromptConfig>(first)),
          cache(first.max_cached_bytes) {}

    void run_loader();
    void run_program();
    void run_delivery();
    void stop();

    // All of these with the mutex held.
    std::size_t find_in_memory(const std::vector<ivr::Utterance>& utterances, Request& request, std::vector<std::size_t>& places);
    void ask_for(const std::shared_ptr<Request>& request, const ivr::Utterance& what, std::size_t place);
    void finish(const JobRef& job, const call::SoundRef& sound);
    void fail(const JobRef& job, const Error& why);
    void deliver(const std::shared_ptr<Request>& request);
    bool failed_lately(const std::string& key);
    bool has_room() const { return open_requests < config->max_waiting; }

    const std::function<void(call::Event)> sink;
    Metric &requests, &refused, &synthesised, &failed, &cached_bytes, &waiting;
    PromptSource source;
    WakeUp stop_signal;

    std::mutex mutex;
    std::condition_variable load_work, program_work, delivery_work, warmed;
    bool stopping = false;
    std::shared_ptr<const PromptConfig> config;
    std::uint64_t generation = 0;  // of `config`
    SoundCache cache;
    std::map<std::string, Time> not_before;  // failed utterances
    std::map<std::pair<std::uint64_t, ivr::Utterance>, JobRef> jobs;
    JobQueue to_load{Job::Stage::WaitsForLoader, Job::Stage::Loading};
    JobQueue to_synthesise{Job::Stage::WaitsForProgram, Job::Stage::InProgram};
    std::deque<std::shared_ptr<Request>> deliveries;
    std::size_t open_requests = 0;  // of prepare(), not yet complete
    std::vector<std::thread> threads;
};

/// Fills in what is there and lists the places of what is not.
std::size_t PromptLibrary::State::find_in_memory(const std::vector<ivr::Utterance>& utterances, Request& request,
                                                 std::vector<std::size_t>& places) {
    request.sounds.resize(utterances.size());
    for (std::size_t i = 0; i < utterances.size(); ++i) {
        const std::string key = key_of(utterances[i]);
        request.sounds[i] = cache.find(key);
        if (!request.sounds[i] && !failed_lately(key)) places.push_back(i);
    }
    return places.size();
}

bool PromptLibrary::State::failed_lately(const std::string& key) {
    const auto found = not_before.find(key);
    if (found == not_before.end()) return false;
    if (read_clocks().at < found->second) return true;
    not_before.erase(found);
    return false;
}

void PromptLibrary::State::ask_for(const std::shared_ptr<Request>& request, const ivr::Utterance& what, std::size_t place) {
    JobRef& job = jobs[{generation, what}];
    const bool urgent = request->speech.has_value();
    if (!job) {
        job = std::make_shared<Job>(Job{what, config, generation, Job::Stage::WaitsForLoader, urgent, {}});
        to_load.push(job);
        load_work.notify_one();
    } else if (urgent && !job->urgent) {
        job->urgent = true;
        to_load.promote(job);
        to_synthesise.promote(job);
    }
    job->waiters.push_back({request, place});
}

void PromptLibrary::State::finish(const JobRef& job, const call::SoundRef& sound) {
    if (sound && job->generation == generation) cache.insert(key_of(job->what), sound);
    cached_bytes.set(static_cast<std::int64_t>(cache.bytes()));
    for (const auto& [request, place] : job->waiters) {
        request->sounds[place] = sound;
        if (--request->missing > 0) continue;
        if (!request->speech) {
            warmed.notify_all();
            continue;
        }
        --open_requests;
        waiting.set(static_cast<std::int64_t>(open_requests));
        deliver(request);
    }
    jobs.erase({job->generation, job->what});
}

void PromptLibrary::State::fail(const JobRef& job, const Error& why) {
    failed.add();
    log::error("speech.failed",
               {{"name", job->what.name},
                {"language", job->what.language},
                {"text", valid_text(job->what.text, 120)},
                {"why", why.text},
                {"retry_s", to_ms(job->config->retry_after) / 1000},
                {"cure", "callers do not hear it: correct speech.commands or prompts.json, or record the prompt; then reload"}});
    if (job->generation == generation) {
        const Time now = read_clocks().at;
        if (not_before.size() >= kMaxFailures) std::erase_if(not_before, [now](const auto& entry) { return entry.second <= now; });
        if (not_before.size() < kMaxFailures) not_before[key_of(job->what)] = now + job->config->retry_after;
    }
    finish(job, nullptr);
}

void PromptLibrary::State::deliver(const std::shared_ptr<Request>& request) {
    if (deliveries.size() >= kMaxDeliveries) {
        log::error("speech.undelivered",
                   {{"speech", request->speech->value}, {"cure", "the control thread does not take its events: see its lag"}});
        return;
    }
    deliveries.push_back(request);
    delivery_work.notify_one();
}

/// Files only: what is on disk never waits behind a program.
void PromptLibrary::State::run_loader() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        const JobRef job = to_load.take();
        if (!job) {
            load_work.wait(lock);
            continue;
        }
        lock.unlock();
        const auto sound = source.load(*job->config, job->what);
        lock.lock();
        if (sound) {
            finish(job, *sound);
        } else if (sound.error().kind == ErrorKind::NotFound) {
            to_synthesise.push(job);
            program_work.notify_one();
        } else {
            fail(job, sound.error());
        }
    }
}

void PromptLibrary::State::run_program() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        const JobRef job = to_synthesise.take();
        if (!job) {
            program_work.wait(lock);
            continue;
        }
        lock.unlock();
        const auto sound = source.synthesise(*job->config, job->what, stop_signal.fd());
        lock.lock();
        if (stopping) break;
        if (sound) {
            synthesised.add();
            finish(job, *sound);
        } else {
            fail(job, sound.error());
        }
    }
}

void PromptLibrary::State::run_delivery() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        if (deliveries.empty()) {
            delivery_work.wait(lock);
            continue;
        }
        const auto request = std::move(deliveries.front());
        deliveries.pop_front();
        lock.unlock();
        sink(call::SpeechReady{*request->speech, std::move(request->sounds)});
        lock.lock();
    }
}

void PromptLibrary::State::stop() {
    {
        std::lock_guard lock(mutex);
        stopping = true;
    }
    stop_signal.wake();
    for (auto* work : {&load_work, &program_work, &delivery_work, &warmed}) work->notify_all();
    for (auto& thread : threads) thread.join();
}

Result<std::unique_ptr<PromptLibrary>> PromptLibrary::start(const PromptConfig& config, std::function<void(call::Event)> sink,
                                                            Metrics& metrics) {
    if (auto done = PromptSource::make_cache(config); !done) return done.error();
    PromptSource::tidy_cache(config);
    auto state = std::make_unique<State>(config, std::move(sink), metrics);
    State* shared = state.get();
    const auto begin = [shared](void (State::*work)()) {
        shared->threads.emplace_back([shared, work] {
            pthread_setname_np(pthread_self(), "speech");
            (shared->*work)();
        });
    };
    begin(&State::run_delivery);
    begin(&State::run_loader);
    for (int i = 0; i < std::max(1, config.workers); ++i) begin(&State::run_program);
    return std::unique_ptr<PromptLibrary>(new PromptLibrary(std::move(state)));
}

PromptLibrary::PromptLibrary(std::unique_ptr<State> state) : state_(std::move(state)) {}

PromptLibrary::~PromptLibrary() { state_->stop(); }

void PromptLibrary::prepare(call::SpeechId speech, std::vector<ivr::Utterance> utterances) {
    state_->requests.add();
    auto request = std::make_shared<Request>();
    request->speech = speech;
    std::vector<std::size_t> missing;
    std::lock_guard lock(state_->mutex);
    request->missing = state_->find_in_memory(utterances, *request, missing);
    if (request->missing > 0 && !state_->has_room()) {
        state_->refused.add();
        request->missing = 0;
    }
    if (request->missing == 0) return state_->deliver(request);
    state_->waiting.set(static_cast<std::int64_t>(++state_->open_requests));
    for (const std::size_t place : missing) state_->ask_for(request, utterances[place], place);
}

std::size_t PromptLibrary::warm(const std::vector<ivr::Utterance>& utterances, Duration deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    auto request = std::make_shared<Request>();
    std::vector<std::size_t> missing;
    std::unique_lock lock(state_->mutex);
    request->missing = state_->find_in_memory(utterances, *request, missing);
    for (const std::size_t place : missing) state_->ask_for(request, utterances[place], place);
    state_->warmed.wait_until(lock, until, [&] { return request->missing == 0 || state_->stopping; });
    return static_cast<std::size_t>(std::count(request->sounds.begin(), request->sounds.end(), nullptr));
}

void PromptLibrary::reload(const PromptConfig& config) {
    if (auto done = PromptSource::make_cache(config); !done) log::error("speech.cache", {{"why", done.error().text}});
    std::lock_guard lock(state_->mutex);
    state_->config = std::make_shared<const PromptConfig>(config);
    ++state_->generation;
    state_->cache.clear();
    state_->cache.set_limit(config.max_cached_bytes);
    state_->not_before.clear();
    state_->cached_bytes.set(0);
}

}  // namespace hotline::media
