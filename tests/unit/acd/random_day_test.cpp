// Random days against a second, naive distributor: plain lists, searched from end to end. Whatever is decided must be what a
// patient reader of the rules would have decided, nobody may starve, and after the evening's calm everything is at rest.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "hotline/acd/acd.h"
#include "hotline/base/random.h"
#include "seeds.h"

namespace hotline::acd {
namespace {

constexpr const char* kQueues[] = {"service", "domestic", "abroad", "rescue"};
constexpr int kAgents = 6;
constexpr std::size_t kGuests = 25;

/// What the reader keeps about a caller and an agent.
struct Guest {
    CallId call;
    std::string queue;
    int priority;
    Time entered;
    std::uint64_t arrival;
    bool prefers;              // has named agents: may be holding for one of them
    std::set<OfferId> offers;  // several in a queue that rings all
    bool comes_before(const Guest& other) const {
        return std::tuple(-priority, entered, arrival) < std::tuple(-other.priority, other.entered, other.arrival);
    }
};
struct Person {
    std::string name;
    bool present = false, paused = false, own_call = false;
    Occupancy occupancy = Occupancy::Idle;
    Time idle_since, delayed_until, left;
    std::set<std::string> serves;
    std::string queue;  // whose call he has
    std::optional<Time> wrapup_ends;
    int served = 0;
    bool free(Time now) const { return present && !paused && !own_call && occupancy == Occupancy::Idle && delayed_until <= now; }
};

class Day {
  public:
    explicit Day(std::uint64_t seed) : random_(seed) {
        for (int i = 0; i < kAgents; ++i) people_[std::to_string(8001 + i)].name = std::to_string(8001 + i);
        reconfigure();
    }

    void run(int steps) {
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
            pass(Duration(static_cast<std::int64_t>(random_.below(3'000'000'000))));
            something_happens();
            decide();
        }
    }

    /// Everybody comes to work and takes calls; nobody new arrives.
    void calm() {
        for (auto& [name, person] : people_) {
            acd_.set_busy(acd_.agent(name), false, now_), person.own_call = false;
            log_in(person);
            acd_.resume(acd_.agent(name), now_), person.paused = false;
        }
        for (int round = 0; round < 60 && !::testing::Test::HasFailure(); ++round) {
            // Nobody answers while time passes between two rounds: whoever was paused for that is called back.
            for (auto& [name, person] : people_) acd_.resume(acd_.agent(name), now_), person.paused = false;
            decide();
            while (!offers_.empty()) answer(offers_.begin()->first);
            for (auto& [name, person] : people_) hang_up(person);
            pass(30s);
        }
        EXPECT_TRUE(guests_.empty()) << guests_.size() << " callers starved";
        EXPECT_EQ(acd_.next_deadline(), std::nullopt);
        for (const auto& [name, person] : people_) EXPECT_EQ(acd_.view(acd_.agent(name))->occupancy, Occupancy::Idle) << name;
    }

  private:
    // ── What happens ──

    void something_happens() {
        Person& person = anyone();
        switch (random_.below(14)) {
            case 0:
            case 1:
            case 2:
            case 3: arrive(); break;
            case 4: leave(); break;
            case 5:
            case 6:
                if (!offers_.empty()) answer(an_offer());
                break;
            case 7:
                if (!offers_.empty()) miss(an_offer());
                break;
            case 8:
            case 9: hang_up(person); break;
            case 10: random_.chance(0.7) ? log_in(person) : log_out(person); break;
            case 11:
                person.paused = random_.chance(0.3);
                person.paused ? acd_.pause(acd_.agent(person.name), "lunch", now_) : acd_.resume(acd_.agent(person.name), now_);
                break;
            case 12:
                person.own_call = random_.chance(0.3);
                acd_.set_busy(acd_.agent(person.name), person.own_call, now_);
                break;
            case 13:
                if (random_.chance(0.1)) reconfigure();
                break;
        }
        ASSERT_EQ(acd_.broken_invariant(now_), "");
    }

    void arrive() {
        if (guests_.size() >= kGuests) return;  // a long line makes the naive reader slow and shows nothing new
        std::string queue = kQueues[random_.below(std::size(kQueues))];
        int boost = static_cast<int>(random_.below(3));
        Caller caller{CallId{++calls_}, acd_.queue(queue), now_, boost, {}};
        caller.returns = random_.chance(0.2);
        if (caller.returns) caller.entered -= Duration(static_cast<std::int64_t>(random_.below(5'000'000'000)));
        while (random_.chance(0.4)) caller.affinity.push_back(acd_.agent(anyone().name));
        int priority = queue == "rescue" ? kRescue + boost : boost;
        ASSERT_TRUE(acd_.enqueue(caller, now_).ok());
        guests_.push_back({caller.call, queue, priority, caller.entered, ++arrivals_, !caller.affinity.empty(), {}});
    }

    void leave() {
        if (guests_.empty()) return;
        auto guest = guests_.begin() + static_cast<std::ptrdiff_t>(random_.below(guests_.size()));
        acd_.leave(guest->call, now_);
        withdraw(*guest);
        guests_.erase(guest);
    }

    void answer(OfferId offer) {
        Person& person = people_.at(offers_.at(offer));
        auto guest = guest_of(offer);
        const std::set<OfferId> rung = guest->offers;
        withdraw(*guest);
        person.occupancy = Occupancy::Talking;
        person.queue = guest->queue;
        ++person.served;
        guests_.erase(guest);
        EXPECT_TRUE(acd_.on_answered(offer, now_));
        for (const OfferId each : rung) EXPECT_FALSE(acd_.on_answered(each, now_)) << "answered twice";
    }

    /// Nobody rings for him any longer.
    void withdraw(Guest& guest) {
        for (const OfferId each : guest.offers) {
            people_.at(offers_.at(each)).occupancy = Occupancy::Idle;
            offers_.erase(each);
        }
        guest.offers.clear();
    }

    void miss(OfferId offer) {
        auto why = static_cast<Miss>(random_.below(4));
        EXPECT_TRUE(acd_.on_missed(offer, why, now_));
        missed(offer);
    }
    void missed(OfferId offer) {
        Person& person = people_.at(offers_.at(offer));
        person.occupancy = Occupancy::Idle;
        person.delayed_until = now_ + 5s;
        guest_of(offer)->offers.erase(offer);
        offers_.erase(offer);
        if (acd_.view(acd_.agent(person.name))->availability == Availability::Paused)
            person.paused = true;  // announced by decide()
    }

    void hang_up(Person& person) {
        auto ends = acd_.on_talk_ended(acd_.agent(person.name), now_);
        if (person.occupancy != Occupancy::Talking) {
            EXPECT_EQ(ends, std::nullopt);
            return;
        }
        if (person.queue == "abroad") {
            EXPECT_EQ(ends, now_ + 10s);
            person.occupancy = Occupancy::WrapUp;
            person.wrapup_ends = ends;
        } else {
            EXPECT_EQ(ends, std::nullopt);
            person.occupancy = Occupancy::Idle;
            person.idle_since = now_;
        }
    }

    void log_in(Person& person) {
        if (!person.present && now_ - person.left > 5min) person.idle_since = now_;
        person.present = true;
        acd_.set_present(acd_.agent(person.name), true, now_);
    }
    void log_out(Person& person) {
        if (person.present) person.left = now_;
        person.present = false;
        acd_.set_present(acd_.agent(person.name), false, now_);
    }

    /// Each agent serves two queues at random, and every queue is served by somebody.
    void reconfigure() {
        Config config;
        for (const char* name : kQueues) {
            QueueConfig queue;
            queue.name = name;
            queue.priority = queue.name == "rescue" ? kRescue : 0;
            queue.wrapup_mode = queue.name == "abroad" ? WrapUpMode::AtMost : WrapUpMode::None;
            queue.wrapup = 10s;
            if (queue.name == "domestic") queue.strategy = StrategyKind::RingAll;
            config.queues.push_back(queue);
        }
        std::size_t next = random_.below(4);
        for (auto& [name, person] : people_) {
            person.serves = {kQueues[next++ % 4], kQueues[random_.below(4)]};
            config.agents.push_back({name, {person.serves.begin(), person.serves.end()}});
        }
        acd_.configure(config, now_);
    }

    /// As a loop does it: decides whenever something runs out.
    void pass(Duration time) {
        Time until = now_ + time;
        for (auto due = acd_.next_deadline(); due && *due <= until && !::testing::Test::HasFailure(); due = acd_.next_deadline()) {
            now_ = std::max(now_, *due);
            decide();
        }
        now_ = until;
    }

    // ── What is decided, and what a reader of the rules says to it ──

    void decide() {
        for (auto& [name, person] : people_) {
            if (person.wrapup_ends && *person.wrapup_ends <= now_) {
                person.occupancy = Occupancy::Idle;
                person.idle_since = *std::exchange(person.wrapup_ends, std::nullopt);
            }
        }
        Decisions round = acd_.decide(now_);
        for (const Lapsed& lapsed : round.lapsed) missed(lapsed.id);
        EXPECT_TRUE(round.expired.empty());
        taken_back_.clear();
        for (const Lapsed& taken : round.withdrawn) taken_back_.insert(taken.id);
        for (const Offer& offer : round.offers) judge(offer);
        EXPECT_TRUE(taken_back_.empty()) << "a phone was taken back for nobody";
        for (const Offer& offer : round.offers) all_are_rung(offer);
        nobody_waits_in_vain();
        ASSERT_EQ(acd_.broken_invariant(now_), "");
        ASSERT_TRUE(!acd_.next_deadline() || *acd_.next_deadline() > now_);
    }

    void judge(const Offer& offer) {
        Person& chosen = people_.at(std::string(acd_.view(offer.agent)->name));
        auto guest = std::find_if(guests_.begin(), guests_.end(), [&](const Guest& g) { return g.call == offer.call; });
        ASSERT_NE(guest, guests_.end()) << "offered a caller who is not there";
        take_back(chosen, *guest);
        const bool with_others = offer.reason.strategy == StrategyKind::RingAll && !offer.reason.by_affinity;
        EXPECT_TRUE(guest->offers.empty() || with_others) << "offered to two agents";
        EXPECT_TRUE(chosen.free(now_)) << chosen.name << " cannot take a call";
        EXPECT_TRUE(chosen.serves.contains(guest->queue)) << chosen.name << " does not serve " << guest->queue;
        for (const Guest& other : guests_) {
            bool equal_claim = other.queue == guest->queue && !other.prefers && other.offers.empty() && other.call != guest->call;
            if (equal_claim && other.comes_before(*guest)) ADD_FAILURE() << "served before one who comes first";
        }
        if (!offer.reason.by_affinity) {
            for (const auto& [name, other] : people_) {
                bool could = other.free(now_) && other.serves.contains(guest->queue);
                if (could && other.idle_since < chosen.idle_since)
                    ADD_FAILURE() << name << " has been idle longer than " << chosen.name;
            }
        }
        guest->offers.insert(offer.id);
        chosen.occupancy = Occupancy::Reserved;
        offers_.emplace(offer.id, chosen.name);
    }

    /// His phone rang beside others for somebody until this round, and is needed for rescue.
    void take_back(Person& chosen, const Guest& urgent) {
        for (Guest& other : guests_) {
            const auto found = std::find_if(other.offers.begin(), other.offers.end(), [&](OfferId each) {
                return taken_back_.contains(each) && offers_.at(each) == chosen.name;
            });
            if (found == other.offers.end()) continue;
            EXPECT_GE(urgent.priority, kRescue);
            EXPECT_GT(other.offers.size(), 1u) << "his last phone";
            taken_back_.erase(*found);
            offers_.erase(*found);
            other.offers.erase(found);
            chosen.occupancy = Occupancy::Idle;
            return;
        }
    }

    void all_are_rung(const Offer& offer) {
        const auto guest = guest_of(offer.id);
        if (offer.reason.strategy != StrategyKind::RingAll || offer.reason.by_affinity) return;
        for (const auto& [name, person] : people_)
            EXPECT_FALSE(person.free(now_) && person.serves.contains(guest->queue)) << name << " is free and is not rung";
    }

    void nobody_waits_in_vain() {
        for (const auto& [name, person] : people_) {
            if (!person.free(now_)) continue;
            for (const Guest& guest : guests_) {
                bool would_go = guest.offers.empty() && !guest.prefers && person.serves.contains(guest.queue);
                if (would_go) ADD_FAILURE() << "a caller waits for " << guest.queue << " while " << name << " is free";
            }
        }
    }

    Person& anyone() { return std::next(people_.begin(), static_cast<std::ptrdiff_t>(random_.below(people_.size())))->second; }
    OfferId an_offer() { return std::next(offers_.begin(), static_cast<std::ptrdiff_t>(random_.below(offers_.size())))->first; }
    std::vector<Guest>::iterator guest_of(OfferId offer) {
        return std::find_if(guests_.begin(), guests_.end(), [&](const Guest& g) { return g.offers.contains(offer); });
    }

    Random random_;
    Acd acd_;
    Time now_ = Time{} + 1000h;
    std::uint64_t calls_ = 0, arrivals_ = 0;
    std::vector<Guest> guests_;
    std::map<std::string, Person> people_;
    std::map<OfferId, std::string> offers_;
    std::set<OfferId> taken_back_;
};

TEST(RandomDays, EveryDecisionIsTheOneTheRulesDemandAndNobodyStarves) {
    const auto [first, last, enough] = seeds(120);
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        SCOPED_TRACE("replay with HOTLINE_ACD_SEED=" + std::to_string(seed));
        Day day(seed);
        day.run(300);
        day.calm();
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace hotline::acd
