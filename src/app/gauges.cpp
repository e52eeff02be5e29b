#include "app/gauges.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iterator>

namespace hotline::app {
namespace {

std::int64_t as_gauge(std::size_t n) { return static_cast<std::int64_t>(n); }

std::int64_t entries_of(const char* folder) {
    std::error_code error;
    const std::filesystem::directory_iterator first(folder, error);
    return error ? 0 : std::distance(first, std::filesystem::directory_iterator());
}

std::int64_t resident_bytes() {
    long total = 0, resident = 0;
    std::FILE* file = std::fopen("/proc/self/statm", "re");
    if (!file) return 0;
    const int read = std::fscanf(file, "%ld %ld", &total, &resident);
    std::fclose(file);
    return read == 2 ? resident * ::sysconf(_SC_PAGESIZE) : 0;
}

std::int64_t cpu_microseconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto micros = [](const timeval& t) { return static_cast<std::int64_t>(t.tv_sec) * 1'000'000 + t.tv_usec; };
    return micros(usage.ru_utime) + micros(usage.ru_stime);
}

std::string plain_seconds(Duration d) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.1f s", static_cast<double>(to_ms(d)) / 1000);
    return buffer;
}

}  // namespace

CoreGauges::CoreGauges(Metrics& m)
    : metrics_(m),
      calls_(m.gauge("calls", "Calls under way")),
      legs_(m.gauge("legs", "Legs of calls under way")),
      machines_(m.gauge("ivr_machines", "Callers in a menu or announcement")),
      offers_(m.gauge("offers", "Offers that ring at an agent's phone")),
      callbacks_(m.gauge("callbacks", "Callers who are to be called back")),
      timers_(m.gauge("core_timers", "Deadlines of the core that are set")),
      late_(m.gauge("core_late_events", "Events about something that was over, since the start")),
      emergencies_(m.counter("outbound_emergency_total", "Emergency calls placed by agents")),
      sessions_(m.gauge("sip_sessions", "SIP sessions")),
      contacts_(m.gauge("sip_contacts", "Registered contacts of agents")),
      nta_legs_(m.gauge("sip_nta_legs", "Dialogs in the SIP stack")),
      nta_incoming_(m.gauge("sip_nta_incoming", "Server transactions in the SIP stack")),
      nta_outgoing_(m.gauge("sip_nta_outgoing", "Client transactions in the SIP stack")),
      nta_lingering_(m.gauge("sip_nta_lingering", "Ended transactions that the SIP stack keeps for repeated messages")) {
    // From the start, so that an alarm can be put on them.
    for (const char* reason : {"not_allowed", "too_many_at_once", "too_many_an_hour", "not_an_agent", "no_number", "no_trunk"})
        of_refusals(reason);
}

CoreGauges::QueueGauges& CoreGauges::of_queue(const std::string& name) {
    if (const auto it = queues_.find(name); it != queues_.end()) return it->second;
    const auto label = Metrics::label("queue", name);
    const QueueGauges made{
        &metrics_.gauge("queue_waiting", "Callers in the queue, offered ones included", label),
        &metrics_.gauge("queue_longest_wait_seconds", "For how long the first of the queue has waited", label, 1e-3),
        &metrics_.gauge("queue_ready_agents", "Agents whom the queue could be offered to now", label)};
    return queues_.emplace(name, made).first->second;
}

Metric& CoreGauges::of_agents(const std::string& state) {
    auto& metric = agents_[state];
    if (!metric) metric = &metrics_.gauge("agents", "Agents by state", Metrics::label("state", state));
    return *metric;
}

Metric& CoreGauges::of_trunk(const std::string& name) {
    auto& metric = trunks_[name];
    if (!metric) metric = &metrics_.gauge("trunk_calls", "Calls through the trunk, both ways", Metrics::label("trunk", name));
    return *metric;
}

Metric& CoreGauges::of_refusals(const std::string& reason) {
    auto& metric = refusals_[reason];
    if (!metric)
        metric = &metrics_.counter("outbound_refused_total", "Calls to the outside that were not placed",
                                   Metrics::label("reason", reason));
    return *metric;
}

void CoreGauges::update(const call::Census& census, const sip::StackCensus& stack) {
    calls_.set(as_gauge(census.calls));
    legs_.set(as_gauge(census.legs));
    machines_.set(as_gauge(census.machines));
    offers_.set(as_gauge(census.offers));
    callbacks_.set(as_gauge(census.callbacks));
    timers_.set(as_gauge(census.timers));
    late_.set(as_gauge(census.late_events));
    emergencies_.set(as_gauge(census.emergency_calls));
    sessions_.set(as_gauge(stack.sessions));
    contacts_.set(as_gauge(stack.contacts));
    nta_legs_.set(as_gauge(stack.nta_legs));
    nta_incoming_.set(as_gauge(stack.nta_incoming));
    nta_outgoing_.set(as_gauge(stack.nta_outgoing));
    nta_lingering_.set(as_gauge(stack.nta_lingering));
    // A queue that a reload took away reads zero: its series stays, as Prometheus wants.
    for (auto& [name, gauges] : queues_) gauges.waiting->set(0), gauges.longest_wait->set(0), gauges.ready->set(0);
    for (const auto& queue : census.queues) {
        auto& gauges = of_queue(queue.name);
        gauges.waiting->set(as_gauge(queue.waiting));
        gauges.longest_wait->set(to_ms(queue.longest_wait));
        gauges.ready->set(as_gauge(queue.ready));
    }
    for (const auto& [state, count] : census.agents_by_state) of_agents(state).set(as_gauge(count));
    for (auto& [name, gauge] : trunks_) gauge->set(0);
    for (const auto& [name, calls] : census.trunk_calls) of_trunk(name).set(as_gauge(calls));
    for (const auto& [reason, count] : census.outbound_refused) of_refusals(reason).set(static_cast<std::int64_t>(count));
}

ProcessGauges::ProcessGauges(Metrics& m)
    : descriptors_(m.gauge("process_open_fds", "Open file descriptors")),
      resident_(m.gauge("process_resident_memory_bytes", "Resident memory")),
      threads_(m.gauge("process_threads", "Threads")),
      cpu_(m.gauge("process_cpu_seconds", "User and system time since the start", "", 1e-6)) {}

void ProcessGauges::update() {
    descriptors_.set(entries_of("/proc/self/fd") - 1);  // less the one that counts
    resident_.set(resident_bytes());
    threads_.set(entries_of("/proc/self/task"));
    cpu_.set(cpu_microseconds());
}

std::string describe(const call::Census& census) {
    std::string out = "calls " + std::to_string(census.calls) + ", legs " + std::to_string(census.legs) + ", ringing offers " +
                      std::to_string(census.offers) + "\nagents:";
    for (const auto& [state, count] : census.agents_by_state) out += ' ' + state + ' ' + std::to_string(count);
    for (const auto& queue : census.queues) {
        out += "\nqueue " + queue.name + ": waiting " + std::to_string(queue.waiting) + ", longest " +
               plain_seconds(queue.longest_wait) + ", ready agents " + std::to_string(queue.ready);
    }
    return out;
}

}  // namespace hotline::app
