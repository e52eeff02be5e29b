#include "hotline/acd/rehearsal.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <unordered_map>

#include "hotline/base/random.h"

namespace hotline::acd {
namespace {

/// Everything is one of these; decide() is asked at each, and when the distributor says that something runs out.
struct Happening {
    enum class Kind { Arrival, GivesUp, Answers, HangsUp, IsDone } kind;
    Time at;
    std::uint64_t id;  // of the queue, the call, the offer, the agent
    std::uint64_t order;
    friend bool operator>(const Happening& a, const Happening& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
};

class Day {
  public:
    explicit Day(const Rehearsal& rules)
        : rules_(rules), random_(rules.seed), began_(Time{} + 1h), now_(began_), ends_(began_ + rules.length) {
        acd_.configure(rules.config, now_);
        for (const AgentId agent : acd_.agents()) acd_.set_present(agent, true, now_);
        for (const QueueId queue : acd_.queues()) {
            const std::string name(acd_.view(queue, now_)->name);
            const auto rate = rules.calls_an_hour.find(name);
            const double calls = rate == rules.calls_an_hour.end() ? 0 : rate->second;
            lines_[queue.value] = {name, calls, {}};
            order_.push_back(queue.value);
            if (calls > 0) schedule(Happening::Kind::Arrival, now_ + exponential(3600 / calls), queue.value);
        }
    }

    Rehearsed run() {
        while (!happenings_.empty() || acd_.next_deadline()) {
            const auto due = acd_.next_deadline();
            const bool own = due && (happenings_.empty() || *due <= happenings_.top().at);
            if (own && happenings_.empty() && callers_.empty()) break;  // only wrap-ups are left
            now_ = std::max(now_, own ? *due : happenings_.top().at);
            if (!own) {
                const Happening next = happenings_.top();
                happenings_.pop();
                happens(next);
            }
            take(acd_.decide(now_));
        }
        return result();
    }

  private:
    struct Waiting {
        std::uint64_t queue;
        Time joined;  // this queue
        Time came;    // joined the first one
    };
    struct Line {
        std::string name;
        double calls_an_hour = 0;
        std::map<int, RehearsedHour> hours;
    };

    Duration exponential(double mean_seconds) {
        return Duration(static_cast<std::int64_t>(-std::log1p(-random_.unit()) * mean_seconds * 1e9));
    }
    Duration exponential(Duration mean) { return exponential(std::chrono::duration<double>(mean).count()); }
    void schedule(Happening::Kind kind, Time at, std::uint64_t id) { happenings_.push({kind, at, id, ++scheduled_}); }

    RehearsedHour& hour_of(std::uint64_t queue, Time joined) {
        const int hour = static_cast<int>((joined - began_) / Duration(1h));
        RehearsedHour& row = lines_.at(queue).hours[hour];
        row.hour = hour;
        return row;
    }

    void happens(const Happening& next) {
        switch (next.kind) {
            case Happening::Kind::Arrival: return arrive(next.id);
            case Happening::Kind::GivesUp: return give_up(CallId{next.id});
            case Happening::Kind::Answers: return answer(OfferId{next.id});
            case Happening::Kind::HangsUp: return hang_up(AgentId{next.id});
            case Happening::Kind::IsDone: return acd_.finish_wrapup(AgentId{next.id}, now_);
        }
    }

    void arrive(std::uint64_t queue) {
        const Time next = now_ + exponential(3600 / lines_.at(queue).calls_an_hour);
        if (next < ends_) schedule(Happening::Kind::Arrival, next, queue);
        const CallId call{++calls_};
        RehearsedHour& hour = hour_of(queue, now_);
        ++hour.offered, ++all_.offered;
        Caller caller{call, QueueId{queue}, now_, 0, {}};
        for (const auto& [name, skill, share] : rules_.wishes)
            if (name == lines_.at(queue).name && random_.chance(share)) caller.skills.push_back(skill);
        if (!acd_.enqueue(caller, now_)) {
            ++hour.overflowed, ++all_.overflowed;
            return;
        }
        callers_[call.value] = {queue, now_, now_};
        if (rules_.patience > Duration{0}) schedule(Happening::Kind::GivesUp, now_ + exponential(rules_.patience), call.value);
    }

    void give_up(CallId call) {
        const auto found = callers_.find(call.value);
        if (found == callers_.end()) return;  // he talks, or is gone
        const auto count = [&](RehearsedHour& row, Duration waited) {
            ++row.abandoned;
            row.given_up += waited;
            row.longest = std::max(row.longest, waited);
            row.short_abandoned += waited < Rehearsed::kShortAbandon;
        };
        count(hour_of(found->second.queue, found->second.joined), now_ - found->second.joined);
        count(all_, now_ - found->second.came);
        acd_.leave(call, now_);
        callers_.erase(found);
    }

    void answer(OfferId id) {
        const auto offer = offers_.find(id.value);
        if (offer == offers_.end()) return;
        const auto [call, agent] = offer->second;
        offers_.erase(offer);
        const auto found = callers_.find(call.value);
        if (found == callers_.end() || !acd_.on_answered(id, now_)) return;
        const auto count = [](RehearsedHour& row, Duration waited) {
            ++row.answered;
            row.in_time += waited <= Rehearsed::kInTime;
            row.waited += waited;
            row.longest = std::max(row.longest, waited);
        };
        count(hour_of(found->second.queue, found->second.joined), now_ - found->second.joined);
        count(all_, now_ - found->second.came);
        callers_.erase(found);
        const Duration talk = exponential(rules_.talk);
        occupied_ += talk;
        schedule(Happening::Kind::HangsUp, now_ + talk, agent.value);
    }

    void hang_up(AgentId agent) {
        const auto ends = acd_.on_talk_ended(agent, now_);
        const bool until_done = !ends && acd_.view(agent)->occupancy == Occupancy::WrapUp;
        if (until_done) schedule(Happening::Kind::IsDone, now_ + exponential(rules_.until_done), agent.value);
    }

    void take(const Decisions& round) {
        for (const Offer& offer : round.offers) {
            offers_[offer.id.value] = {offer.call, offer.agent};
            schedule(Happening::Kind::Answers, now_ + std::min(rules_.answer, offer.deadline - now_ - Duration(1)), offer.id.value);
        }
        for (const WrapUpEnded& ended : round.wrapups) occupied_ += ended.lasted;
        for (const Expired& expired : round.expired) {
            const auto found = callers_.find(expired.call.value);
            if (found == callers_.end()) continue;
            RehearsedHour& hour = hour_of(found->second.queue, found->second.joined);
            ++hour.overflowed;
            hour.longest = std::max(hour.longest, now_ - found->second.joined);
            if (expired.moved_to) {
                found->second.queue = expired.moved_to.value, found->second.joined = now_;
                ++hour_of(expired.moved_to.value, now_).offered;
            } else {
                ++all_.overflowed;
                all_.longest = std::max(all_.longest, now_ - found->second.came);
                callers_.erase(found);
            }
        }
    }

    Rehearsed result() const {
        Rehearsed out;
        out.all = all_;
        int hours = static_cast<int>(std::ceil(std::chrono::duration<double>(rules_.length).count() / 3600));
        for (const auto& [queue, line] : lines_)  // who waits over the end of the day may be moved after it
            if (!line.hours.empty()) hours = std::max(hours, line.hours.rbegin()->first + 1);
        for (int hour = 0; hour < hours; ++hour) {
            for (const std::uint64_t queue : order_) {
                const Line& line = lines_.at(queue);
                const auto found = line.hours.find(hour);
                RehearsedHour row = found == line.hours.end() ? RehearsedHour{} : found->second;
                row.hour = hour;
                row.queue = line.name;
                out.hours.push_back(row);
            }
        }
        const double all = std::chrono::duration<double>(now_ - began_).count() * static_cast<double>(acd_.agents().size());
        out.occupancy = all > 0 ? std::chrono::duration<double>(occupied_).count() / all : 0;
        return out;
    }

    const Rehearsal& rules_;
    Random random_;
    Acd acd_;
    const Time began_;
    Time now_;
    const Time ends_;
    std::uint64_t calls_ = 0, scheduled_ = 0;
    std::vector<std::uint64_t> order_;
    std::unordered_map<std::uint64_t, Line> lines_;
    std::unordered_map<std::uint64_t, Waiting> callers_;
    std::unordered_map<std::uint64_t, std::pair<CallId, AgentId>> offers_;
    std::priority_queue<Happening, std::vector<Happening>, std::greater<>> happenings_;
    Duration occupied_{0};
    RehearsedHour all_;
};

}  // namespace

double RehearsedHour::service_level() const {
    const int ended = answered + abandoned - short_abandoned;
    return ended == 0 ? 1 : static_cast<double>(in_time) / ended;
}

Duration RehearsedHour::mean_wait() const { return answered == 0 ? Duration{0} : waited / answered; }

RehearsedHour& RehearsedHour::operator+=(const RehearsedHour& other) {
    offered += other.offered, answered += other.answered, abandoned += other.abandoned, overflowed += other.overflowed;
    short_abandoned += other.short_abandoned, given_up += other.given_up;
    in_time += other.in_time, waited += other.waited;
    longest = std::max(longest, other.longest);
    return *this;
}

std::vector<RehearsedHour> Rehearsed::by_queue() const {
    std::vector<RehearsedHour> out;
    for (const RehearsedHour& row : hours) {
        auto found = std::ranges::find(out, row.queue, &RehearsedHour::queue);
        if (found == out.end()) {
            out.push_back({});
            found = std::prev(out.end());
            found->queue = row.queue;
        }
        *found += row;
    }
    return out;
}

Rehearsed rehearse(const Rehearsal& day) { return Day(day).run(); }

}  // namespace hotline::acd
