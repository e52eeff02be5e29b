// How long a decision of the distributor takes, and what a waiting caller costs.
//
//   bench_acd [--json FILE]
//
// The house: 10,000 callers waiting, 2,000 agents, 50 queues, each agent in three of them, in a realistic churn: for each event one
// measured decide(). All agents are busy, so that each agent who becomes free leaves with the caller who is next for him.
#include "hotline/acd/acd.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "hotline/acd/rehearsal.h"
#include "hotline/base/random.h"

namespace hotline::acd {
namespace {

constexpr int kRounds = 50'000;

struct House {
    int callers, agents, queues, queues_an_agent;
    double known;         // share of callers who were served before
    double choosy = 0.0;  // … who want a skill, and are content with less after five and ten seconds
};

constexpr int kSkills = 5;

std::string skill_name(int n) { return "skill" + std::to_string(n); }
std::string number(int n) { return std::to_string(100'000 + n); }

class Centre {
  public:
    Centre(const House& house, std::uint64_t seed) : house_(house), random_(seed) {
        Config config;
        for (int i = 0; i < house.queues; ++i) {
            QueueConfig queue;
            queue.name = "queue" + std::to_string(i);
            queue.wrapup_mode = WrapUpMode::None;
            queue.max_length = 1'000'000;
            queue.max_wait = 100h;
            queue.relax = {{5s, 3, {}, {}}, {10s, 9, {}, {}}};
            config.queues.push_back(queue);
        }
        for (int i = 0; i < house.agents; ++i) {
            AgentConfig agent;
            agent.name = number(i);
            for (int skill = 0; skill < kSkills; ++skill)
                if (random_.chance(0.5)) agent.skills[skill_name(skill)] = 1 + static_cast<int>(random_.below(9));
            for (int q = 0; q < house.queues_an_agent; ++q)
                agent.queues.push_back("queue" + std::to_string((i + q * 17) % house.queues));
            config.agents.push_back(agent);
        }
        acd_.configure(config, now_);
        queues_ = acd_.queues();
        agents_ = acd_.agents();
    }

    /// All agents talk, then the line builds up.
    void fill() {
        for (AgentId agent : agents_) acd_.set_present(agent, true, now_);
        occupy();
        for (CallId call : waiting_) acd_.leave(call, now_);
        waiting_.clear();
        for (int i = 0; i < house_.callers; ++i) arrive(static_cast<std::size_t>(i) % queues_.size(), random_.chance(house_.known));
        step();
    }

    /// A conversation ends and a new caller takes the place of the one who is served: the line stays as long as it is.
    /// Returns what it took from the hang-up to the offer, with all that had run out since the round before (steps of relaxing);
    /// none where nobody who waits may have that agent.
    std::optional<double> churn() {
        AgentId agent = talking_[random_.below(talking_.size())];
        std::erase(talking_, agent);
        now_ += 1ms;
        auto began = std::chrono::steady_clock::now();
        acd_.on_talk_ended(agent, now_);
        Decisions round = acd_.decide(now_);
        double took = since(began);
        const bool offered = !round.offers.empty();
        if (round.offers.size() != 1 && house_.choosy == 0)
            std::fprintf(stderr, "bench: %zu offers for one free agent\n", round.offers.size());
        take(round);
        if (offered) {
            arrive(random_.below(queues_.size()), random_.chance(house_.known));
            step();
        } else {  // he is put to work by somebody who takes anyone: the number of those who talk stays
            occupy();
        }
        return offered ? std::optional(took) : std::nullopt;
    }

    /// What a new caller costs who finds all agents busy.
    double arrival() {
        auto began = std::chrono::steady_clock::now();
        arrive(random_.below(queues_.size()), random_.chance(house_.known));
        Decisions round = acd_.decide(now_);
        double took = since(began);
        acd_.leave(waiting_.back(), now_);
        waiting_.pop_back();
        return took;
    }
    double position() {
        CallId call = waiting_[random_.below(waiting_.size())];
        auto began = std::chrono::steady_clock::now();
        auto place = acd_.position(call);
        double took = since(began);
        return place ? took : 0;
    }

    enum class Wants { Nothing, AsTheHouse };

    void arrive(std::size_t queue, bool known, Wants wants = Wants::AsTheHouse) {
        now_ += 1ms;
        Caller caller{CallId{++calls_}, queues_[queue], now_, static_cast<int>(random_.below(3)), {}};
        if (known) {  // one who serves this queue, and two others
            for (int i = 0; i < 3; ++i) {
                auto at = (queue + queues_.size() * random_.below(agents_.size() / queues_.size())) % agents_.size();
                caller.affinity.push_back(agents_[at]);
            }
        }
        if (wants == Wants::AsTheHouse && random_.chance(house_.choosy))
            caller.skills = {{skill_name(static_cast<int>(random_.below(kSkills))), 1 + static_cast<int>(random_.below(6))}};
        if (acd_.enqueue(caller, now_).ok()) waiting_.push_back(caller.call);
    }

  private:
    static double since(std::chrono::steady_clock::time_point began) {
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count();
    }
    void step() { take(acd_.decide(now_)); }
    /// Callers who want nothing, for there are agents without any skill, until all talk.
    void occupy() {
        for (std::size_t queue = 0; talking_.size() < agents_.size(); queue = (queue + 1) % queues_.size()) {
            arrive(queue, false, Wants::Nothing);
            step();
        }
    }
    void take(const Decisions& round) {
        for (const Offer& offer : round.offers) {
            acd_.on_answered(offer.id, now_);
            talking_.push_back(offer.agent);
            // Order does not matter here, and the first ones go first: a short search.
            waiting_.erase(std::find(waiting_.begin(), waiting_.end(), offer.call));
        }
    }

    House house_;
    Random random_;
    Acd acd_;
    Time now_ = Time{} + 1h;
    std::uint64_t calls_ = 0;
    std::vector<QueueId> queues_;
    std::vector<AgentId> agents_, talking_;
    std::deque<CallId> waiting_;
};

/// The yardstick: the same line as a plain list, from which the best caller of three queues is picked by looking at each.
class List {
  public:
    List(const House& house, std::uint64_t seed) : house_(house), random_(seed) {
        for (int i = 0; i < house.callers; ++i) waiting_.push_back(arrive());
    }
    /// An agent becomes free: he takes the caller who is next for him, and a new one comes. Returns what the choice took.
    double churn() {
        const auto first = random_.below(static_cast<std::uint64_t>(house_.queues));
        std::vector<bool> serves(static_cast<std::size_t>(house_.queues));
        for (std::uint64_t q = 0; q < 3; ++q) serves[(first + q * 17) % serves.size()] = true;
        const auto began = std::chrono::steady_clock::now();
        Entry* best = nullptr;
        for (Entry& one : waiting_)
            if (serves[one.queue] &&
                (!best || one.priority > best->priority || (one.priority == best->priority && one.entered < best->entered)))
                best = &one;
        const double took = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count();
        if (best) *best = arrive();
        return took;
    }

  private:
    struct Entry {
        std::size_t queue;
        int priority;
        std::uint64_t entered;
    };
    Entry arrive() {
        return {random_.below(static_cast<std::uint64_t>(house_.queues)), static_cast<int>(random_.below(3)), ++arrivals_};
    }
    House house_;
    Random random_;
    std::uint64_t arrivals_ = 0;
    std::vector<Entry> waiting_;
};

struct Row {
    std::string name;
    double p50, p99, max, target;  // microseconds
};

template <class F>
Row measure(const std::string& name, double target, F&& once) {
    std::vector<double> took;
    took.reserve(kRounds);
    for (int i = 0; i < kRounds / 10; ++i) once();
    for (int i = 0; i < kRounds; ++i)
        if (const std::optional<double> one = once()) took.push_back(*one);
    if (took.size() < kRounds / 2)
        std::fprintf(stderr, "bench: %s: only %zu of %d rounds count\n", name.c_str(), took.size(), kRounds);
    std::sort(took.begin(), took.end());
    auto at = [&](double share) { return took[static_cast<std::size_t>(share * static_cast<double>(took.size() - 1))]; };
    return {name, at(0.5), at(0.99), took.back(), target};
}

/// Each of them knows three agents and wants a skill; pools and steps count in.
double bytes_a_caller() {
    Centre centre({0, 2000, 50, 3, 0, 1}, 1);
    constexpr int kCallers = 10'000;
    centre.fill();
    auto before = ::mallinfo2().uordblks;
    for (int i = 0; i < kCallers; ++i) centre.arrive(static_cast<std::size_t>(i) % 50, true);
    return static_cast<double>(::mallinfo2().uordblks - before) / kCallers;
}

std::vector<Row> all() {
    std::vector<Row> rows;
    List list({10'000, 2'000, 50, 3, 0}, 7);
    rows.push_back(measure("yardstick: the next of 10,000 in a plain list", 0, [&] { return list.churn(); }));
    struct Kind {
        const char* suffix;
        double known, choosy;
    };
    for (auto [suffix, known, choosy] : {Kind{"", 0, 0}, Kind{", a third with affinity", 0.33, 0},
                                         Kind{", a third with affinity, half with skills and relaxing", 0.33, 0.5}}) {
        Centre centre({10'000, 2'000, 50, 3, known, choosy}, 7);
        centre.fill();
        rows.push_back(measure(std::string("agent free → offer") + suffix, 20, [&] { return centre.churn(); }));
        rows.push_back(measure(std::string("caller joins, all busy") + suffix, 50, [&] { return centre.arrival(); }));
        rows.push_back(measure(std::string("position of a caller") + suffix, 50, [&] { return centre.position(); }));
    }
    Centre small({500, 20, 1, 1, 0}, 7);
    small.fill();
    rows.push_back(measure("pickup: agent free, 500 wait in one queue → offer", 50, [&] { return small.churn(); }));
    return rows;
}

/// Seconds for a simulated day of 20,000 calls to 200 agents in 50 queues.
double rehearsed_day() {
    Rehearsal day;
    for (int q = 0; q < 50; ++q) {
        QueueConfig queue;
        queue.name = "queue" + std::to_string(q);
        queue.wrapup = 20s;
        day.config.queues.push_back(queue);
        day.calls_an_hour[queue.name] = 20'000.0 / 24 / 50;
    }
    for (int i = 0; i < 200; ++i) {
        AgentConfig agent;
        agent.name = number(i);
        for (int q = 0; q < 3; ++q) agent.queues.push_back("queue" + std::to_string((i + q * 17) % 50));
        day.config.agents.push_back(agent);
    }
    day.patience = 180s;
    const auto began = std::chrono::steady_clock::now();
    const auto played = rehearse(day);
    int offered = 0;
    for (const auto& row : played.by_queue()) offered += row.offered;
    if (offered < 19'000) std::fprintf(stderr, "bench: the day has %d calls only\n", offered);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

void print(const std::vector<Row>& rows, double memory, double day_s) {
    std::printf("acd: 10,000 callers wait, 2,000 agents, 50 queues; %d rounds, microseconds\n", kRounds);
    std::printf("%-55s %8s %8s %8s %8s\n", "", "p50", "p99", "max", "target");
    for (const Row& row : rows)
        std::printf("%-55s %8.1f %8.1f %8.1f %8.0f\n", row.name.c_str(), row.p50, row.p99, row.max, row.target);
    std::printf("%-55s %8.0f bytes (target 1024)\n", "a waiting caller who knows three and wants a skill", memory);
    std::printf("%-55s %8.2f s (target 5)\n", "a simulated day of 20,000 calls, 200 agents", day_s);
}

bool write_json(const char* path, const std::vector<Row>& rows, double memory, double day_s) {
    std::FILE* file = std::fopen(path, "w");
    if (!file) return false;
    std::fprintf(file, "{\"bench\":\"acd\",\"callers\":10000,\"agents\":2000,\"queues\":50,\"rows\":[");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::fprintf(file, "%s{\"name\":\"%s\",\"p50_us\":%.2f,\"p99_us\":%.2f,\"max_us\":%.2f,\"target_p99_us\":%.0f}",
                     i ? "," : "", rows[i].name.c_str(), rows[i].p50, rows[i].p99, rows[i].max, rows[i].target);
    }
    std::fprintf(file, "],\"bytes_per_waiting_caller\":%.0f,\"simulated_day_s\":%.3f}\n", memory, day_s);
    return std::fclose(file) == 0;
}

}  // namespace
}  // namespace hotline::acd

int main(int argc, char** argv) {
    using namespace hotline::acd;
    const char* json = argc == 3 && std::strcmp(argv[1], "--json") == 0 ? argv[2] : nullptr;
    if (argc != 1 && !json) {
        std::fprintf(stderr, "usage: bench_acd [--json FILE]\n");
        return 2;
    }
    double memory = bytes_a_caller();
    std::vector<Row> rows = all();
    const double day_s = rehearsed_day();
    print(rows, memory, day_s);
    if (json && !write_json(json, rows, memory, day_s)) {
        std::fprintf(stderr, "bench: cannot write %s\n", json);
        return 1;
    }
    return 0;
}
