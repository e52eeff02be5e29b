// Random days of all rules at once against a second, naive reader: every strategy, skills, tiers, agents with an order of their
// own, relaxing, ageing, helpers, overflow and rescue. The reader keeps plain lists, and searches them from end to end.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "hotline/acd/acd.h"
#include "hotline/base/random.h"
#include "seeds.h"

namespace hotline::acd {
namespace {

constexpr const char* kNames[] = {"service", "domestic", "abroad", "rescue"};
constexpr const char* kSkills[] = {"english", "visa"};
constexpr std::size_t kMostGuests = 20;
constexpr int kGuestTier = 1'000'000;  // of helpers

using Action = OverflowRule::Action;
using When = OverflowRule::When;

struct Customer {
    CallId call;
    std::string queue;
    int boost = 0;
    Time entered, waits_from;
    std::uint64_t arrival = 0;
    std::vector<SkillWish> skills;
    std::optional<bool> rescue;  // since he was moved
    std::set<std::string> helpers, been;
    std::map<OfferId, std::string> rung;  // whose phones ring
    bool must_go = false;                 // he met a line that is too long
    std::optional<Time> moved;            // when, the last time
};

struct Staff {
    AgentConfig config;
    std::size_t place = 0;
    bool present = false, paused = false, own_call = false;
    Occupancy occupancy = Occupancy::Idle;
    Time idle_since, delayed_until, talk_began, left;
    int answered = 0;
    Duration talked{0};
    std::map<std::string, std::uint64_t> last_offered;
    bool free(Time now) const { return present && !paused && !own_call && occupancy == Occupancy::Idle && delayed_until <= now; }
    /// Where this queue stands in his order; behind all others when he does not serve it.
    std::size_t order_of(const std::string& queue) const {
        return static_cast<std::size_t>(std::ranges::find(config.queues, queue) - config.queues.begin());
    }
    bool serves(const std::string& queue) const { return order_of(queue) < config.queues.size(); }
    int level(const std::string& skill) const {
        const auto found = config.skills.find(skill);
        return found == config.skills.end() ? 0 : found->second;
    }
};

class RuledDay {
  public:
    explicit RuledDay(std::uint64_t seed) : random_(seed) {
        for (std::size_t i = 0; i < 6; ++i) people_[std::to_string(8001 + i)].place = i;
        reconfigure();
    }

    void run(int steps) {
        for (const auto& [name, person] : people_) log_in(name);
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
            pass(Duration(static_cast<std::int64_t>(random_.below(4'000'000'000))));
            something_happens();
            decide();
        }
    }

    /// Everybody comes, knows everything and serves every queue, and whoever waits is served.
    void calm() {
        for (QueueConfig& queue : queues_) queue.overflow.clear(), queue.max_missed = 0, queue.max_wait = 1h;
        for (auto& [name, person] : people_) {
            person.config.queues.assign(std::begin(kNames), std::end(kNames));
            for (const char* skill : kSkills) person.config.skills[skill] = 9;
        }
        take_configuration();
        for (auto& [name, person] : people_) {
            acd_.set_busy(id(name), false, now_), person.own_call = false;
            log_in(name);
            acd_.resume(id(name), now_), person.paused = false;
        }
        for (int round = 0; round < 60 && !::testing::Test::HasFailure(); ++round) {
            decide();
            for (bool any = true; any;) {
                any = false;
                for (const Customer& guest : guests_)
                    if (!guest.rung.empty()) {
                        answer(guest.rung.begin()->first), any = true;
                        break;
                    }
            }
            for (auto& [name, person] : people_) hang_up(name);
            pass(10s);
        }
        EXPECT_TRUE(guests_.empty()) << guests_.size() << " callers starved";
    }

    std::map<std::string, int> judged;  // by strategy, and what else was seen: a rule that never came up has not been judged

  private:
    // ── The rules, as a reader understands them ──

    const QueueConfig& rules(const std::string& queue) const { return *std::ranges::find(queues_, queue, &QueueConfig::name); }
    AgentId id(const std::string& name) const { return acd_.agent(name); }

    int steps(const Customer& guest) const {
        const auto& relax = rules(guest.queue).relax;
        return static_cast<int>(std::ranges::count_if(relax, [&](const auto& step) { return guest.entered + step.after <= now_; }));
    }
    std::map<std::string, int> wanted(const Customer& guest) const {
        std::map<std::string, int> out;
        for (const auto& [skill, level] : guest.skills) out[skill] = std::max(out[skill], level);
        for (int i = 0; i < steps(guest); ++i) {
            const RelaxStep& step = rules(guest.queue).relax[static_cast<std::size_t>(i)];
            for (auto& [skill, level] : out) level = std::max(1, level - step.lower);
            for (const auto& skill : step.drop) out.erase(skill);
        }
        return out;
    }
    bool fits(const Staff& person, const Customer& guest) const {
        std::set<std::string> doors = guest.helpers;
        doors.insert(guest.queue);
        for (int i = 0; i < steps(guest); ++i) {
            const auto& widen = rules(guest.queue).relax[static_cast<std::size_t>(i)].widen;
            doors.insert(widen.begin(), widen.end());
        }
        return std::ranges::any_of(doors, [&](const auto& door) { return person.serves(door); }) &&
               std::ranges::all_of(wanted(guest), [&](const auto& one) { return person.level(one.first) >= one.second; });
    }
    int priority(const Customer& guest) const {
        const QueueConfig& queue = rules(guest.queue);
        int sum = queue.priority + guest.boost;
        if (queue.age_every > 0s && now_ > guest.entered)
            sum += static_cast<int>(std::min<std::int64_t>((now_ - guest.entered) / queue.age_every, queue.age_most));
        return guest.rescue.value_or(queue.priority >= kRescue) ? std::max(sum, kRescue) : std::min(sum, kRescue - 1);
    }
    bool comes_before(const Customer& a, const Customer& b) const {
        return std::tuple(-priority(a), a.entered, a.arrival) < std::tuple(-priority(b), b.entered, b.arrival);
    }
    static bool waits(const Customer& guest) { return guest.rung.empty(); }

    using Key = std::tuple<int, std::int64_t, std::int64_t, std::size_t>;
    Key key(const Staff& person, const Customer& guest) const {
        const auto tier = person.config.tiers.find(guest.queue);
        const int of = !person.serves(guest.queue) ? kGuestTier : tier == person.config.tiers.end() ? 1 : tier->second;
        const std::int64_t idle = person.idle_since.time_since_epoch().count();
        const auto last = person.last_offered.find(guest.queue);
        int weakest = 0;
        for (const auto& [skill, level] : wanted(guest))
            weakest = weakest == 0 ? person.level(skill) : std::min(weakest, person.level(skill));
        switch (rules(guest.queue).strategy) {
            case StrategyKind::LongestIdle:
            case StrategyKind::RingAll: return {of, idle, 0, person.place};
            case StrategyKind::RoundRobin:
                return {of, last == person.last_offered.end() ? 0 : static_cast<std::int64_t>(last->second),
                        static_cast<std::int64_t>(person.place), person.place};
            case StrategyKind::FewestCalls: return {of, person.answered, idle, person.place};
            case StrategyKind::LeastTalk: return {of, person.talked.count(), idle, person.place};
            case StrategyKind::SkillLevel: return {of, -weakest, idle, person.place};
            case StrategyKind::TopDown: return {of, static_cast<std::int64_t>(person.place), 0, person.place};
            case StrategyKind::WeightedRandom: return {of, 0, 0, 0};  // by lot: any of the tier
        }
        return {};
    }
    bool is_best(const Staff& person, const Customer& guest) const {
        return std::ranges::none_of(people_, [&](const auto& entry) {
            const Staff& other = entry.second;
            return &other != &person && other.free(now_) && fits(other, guest) && key(other, guest) < key(person, guest);
        });
    }
    /// His own order puts this one of his callers before that one, who stands before him in line.
    bool prefers(const Staff& person, const Customer& his, const Customer& first) const {
        return person.config.in_order && person.serves(his.queue) && priority(his) >= priority(first) &&
               person.order_of(his.queue) < person.order_of(first.queue);
    }

    // ── What happens ──

    void something_happens() {
        const std::string name = anyone();
        Staff& person = people_.at(name);
        switch (random_.below(15)) {
            case 0:
            case 1:
            case 2:
            case 3: arrive(); break;
            case 4:
                if (!guests_.empty()) leave();
                break;
            case 5:
            case 6:
            case 7:
                if (const auto offer = an_offer()) answer(*offer);
                break;
            case 8:
                if (const auto offer = an_offer()) {
                    const auto why = static_cast<Miss>(random_.below(4));
                    EXPECT_TRUE(acd_.on_missed(*offer, why, now_));
                    missed(*offer);
                }
                break;
            case 9:
            case 10: hang_up(name); break;
            case 11:
                if (random_.chance(0.7)) {
                    log_in(name);
                } else {
                    if (person.present) person.left = now_;
                    person.present = false;
                    if (random_.chance(0.5)) {
                        acd_.set_present(id(name), false, now_);
                    } else {
                        person.left = Time{}, person.paused = false;
                        acd_.sign_off(id(name), now_);
                    }
                }
                break;
            case 12:
                person.paused = random_.chance(0.3);
                person.paused ? acd_.pause(id(name), "lunch", now_) : acd_.resume(id(name), now_);
                break;
            case 13:
                person.own_call = random_.chance(0.3);
                acd_.set_busy(id(name), person.own_call, now_);
                break;
            case 14:
                if (random_.chance(0.1)) reconfigure();
                if (random_.chance(0.05)) {
                    acd_.new_day(now_);
                    for (auto& [each, one] : people_) one.answered = 0, one.talked = Duration{0};
                }
                break;
        }
        ASSERT_EQ(acd_.broken_invariant(now_), "");
    }

    void arrive() {
        if (guests_.size() >= kMostGuests) return;
        Customer guest;
        guest.call = CallId{++calls_};
        guest.queue = kNames[random_.below(4)];
        guest.boost = static_cast<int>(random_.below(3));
        guest.entered = guest.waits_from = now_;
        guest.arrival = calls_;
        const bool returns = random_.chance(0.2);
        if (returns) guest.entered -= Duration(static_cast<std::int64_t>(random_.below(20'000'000'000)));
        while (random_.chance(0.3)) guest.skills.push_back({kSkills[random_.below(2)], 1 + static_cast<int>(random_.below(9))});
        Caller caller{guest.call, acd_.queue(guest.queue), guest.entered, guest.boost, {}};
        caller.returns = returns;
        caller.skills = guest.skills;
        ASSERT_TRUE(acd_.enqueue(caller, now_).ok());
        // He is the only one who has come since the last round: who waits, waits in vain, and who is free is free for him.
        const auto others = std::ranges::count_if(guests_, [&](const Customer& g) { return g.queue == guest.queue && waits(g); });
        const bool at_once =
            std::ranges::any_of(people_, [&](const auto& p) { return p.second.free(now_) && fits(p.second, guest); });
        guest.must_go = !at_once && std::ranges::any_of(rules(guest.queue).overflow, [&](const OverflowRule& rule) {
            return rule.when == When::Length && static_cast<std::size_t>(others) >= rule.length && sends_on(rule, guest);
        });
        guests_.push_back(std::move(guest));
    }

    void leave() {
        const auto guest = guests_.begin() + static_cast<std::ptrdiff_t>(random_.below(guests_.size()));
        acd_.leave(guest->call, now_);
        for (const auto& [offer, name] : guest->rung) people_.at(name).occupancy = Occupancy::Idle;
        guests_.erase(guest);
    }

    void answer(OfferId offer) {
        const auto guest = guest_of(offer);
        const auto rung = guest->rung;
        Staff& person = people_.at(rung.at(offer));
        for (const auto& [each, name] : rung) people_.at(name).occupancy = Occupancy::Idle;
        person.occupancy = Occupancy::Talking;
        person.talk_began = now_;
        ++person.answered;
        guests_.erase(guest);
        EXPECT_TRUE(acd_.on_answered(offer, now_));
        for (const auto& [each, name] : rung) EXPECT_FALSE(acd_.on_answered(each, now_)) << "answered twice";
    }

    void missed(OfferId offer) {
        const auto guest = guest_of(offer);
        const std::string name = guest->rung.at(offer);
        Staff& person = people_.at(name);
        person.occupancy = Occupancy::Idle;
        person.delayed_until = now_ + 5s;
        person.paused = acd_.view(id(name))->availability == Availability::Paused;
        guest->rung.erase(offer);
    }

    void hang_up(const std::string& name) {
        Staff& person = people_.at(name);
        acd_.on_talk_ended(id(name), now_);
        if (person.occupancy != Occupancy::Talking) return;
        person.occupancy = Occupancy::Idle;
        person.idle_since = now_;
        person.talked += now_ - person.talk_began;
    }

    void log_in(const std::string& name) {
        Staff& person = people_.at(name);
        if (!person.present && now_ - person.left > 5min) person.idle_since = now_;
        person.present = true;
        acd_.set_present(id(name), true, now_);
    }

    void reconfigure() {
        queues_.clear();
        for (const char* name : kNames) {
            QueueConfig queue;
            queue.name = name;
            queue.priority = queue.name == "rescue" ? kRescue : static_cast<int>(random_.below(3));
            queue.strategy = random_.chance(0.2) ? StrategyKind::RingAll : static_cast<StrategyKind>(random_.below(8));
            queue.ring_most = 1 + random_.below(4);
            queue.wrapup_mode = WrapUpMode::None;
            queue.max_wait = 90s;
            if (random_.chance(0.5)) queue.age_every = Duration(1s) * (1 + random_.below(20));
            queue.age_most = static_cast<int>(random_.below(5));
            for (Duration after = 3s; random_.chance(0.5); after += 5s) {
                RelaxStep step{after, static_cast<int>(random_.below(5)), {}, {}};
                if (random_.chance(0.3)) step.drop = {kSkills[random_.below(2)]};
                if (random_.chance(0.4)) step.widen = {kNames[random_.below(4)]};
                queue.relax.push_back(step);
            }
            while (random_.chance(0.4) && queue.overflow.size() < 4) {
                OverflowRule rule;
                rule.action = static_cast<Action>(random_.below(3));
                rule.when = rule.action != Action::Widen && random_.chance(0.3) ? When::Length : When::Waited;
                rule.limit = Duration(1s) * (1 + random_.below(40));
                rule.length = random_.below(4);
                rule.to = rule.action == Action::Leave ? "out" : kNames[random_.below(4)];
                queue.overflow.push_back(rule);
            }
            queues_.push_back(queue);
        }
        for (auto& [name, person] : people_) {
            AgentConfig& agent = person.config;
            agent = {};
            agent.name = name;
            for (const char* queue : kNames)
                if (random_.chance(0.5))
                    agent.queues.insert(agent.queues.begin() + static_cast<std::ptrdiff_t>(random_.below(agent.queues.size() + 1)),
                                        queue);
            for (const std::string& queue : agent.queues)
                if (random_.chance(0.3)) agent.tiers[queue] = 1 + static_cast<int>(random_.below(3));
            for (const char* skill : kSkills)
                if (random_.chance(0.6)) agent.skills[skill] = 1 + static_cast<int>(random_.below(9));
            agent.in_order = random_.chance(0.4);
            agent.weight = 1 + static_cast<int>(random_.below(5));
        }
        take_configuration();
    }
    void take_configuration() {
        Config config{queues_, {}};
        for (const auto& [name, person] : people_) config.agents.push_back(person.config);
        acd_.configure(config, now_);
    }

    void pass(Duration time) {
        const Time until = now_ + time;
        for (auto due = acd_.next_deadline(); due && *due <= until && !::testing::Test::HasFailure(); due = acd_.next_deadline()) {
            now_ = std::max(now_, *due);
            decide();
        }
        now_ = until;
    }

    // ── What is decided, and what the reader says to it ──

    bool sends_on(const OverflowRule& rule, const Customer& guest) const {
        if (rule.action == Action::Leave) return true;
        return rule.action == Action::Move && rule.to != guest.queue && !guest.been.contains(rule.to);
    }

    void decide() {
        const Decisions round = acd_.decide(now_);
        for (const Lapsed& lapsed : round.lapsed) missed(lapsed.id);
        for (const Expired& expired : round.expired) send_on(expired);
        help_arrives();
        nobody_has_outstayed();
        withdrawn_.clear();
        for (const Lapsed& taken : round.withdrawn) withdrawn_.push_back(taken.id);
        for (const Offer& offer : round.offers) judge(offer);
        EXPECT_TRUE(withdrawn_.empty()) << "a phone was taken back for nobody";
        for (const Offer& offer : round.offers) all_are_rung(offer);
        nobody_waits_in_vain();
        for (Customer& guest : guests_) EXPECT_FALSE(std::exchange(guest.must_go, false)) << "the line was too long for him";
        ASSERT_EQ(acd_.broken_invariant(now_), "");
        ASSERT_TRUE(!acd_.next_deadline() || *acd_.next_deadline() > now_);
    }

    void send_on(const Expired& expired) {
        const auto guest = std::ranges::find(guests_, expired.call, &Customer::call);
        ASSERT_NE(guest, guests_.end()) << "sent on, and is not there";
        ASSERT_EQ(acd_.view(expired.queue, now_)->name, guest->queue);
        ASSERT_TRUE(waits(*guest)) << "sent on while a phone rings for him";
        if (expired.why == Expired::Why::LongestWait) {
            EXPECT_GE(now_, guest->waits_from + rules(guest->queue).max_wait);
            guests_.erase(guest);
            return;
        }
        ASSERT_EQ(expired.why, Expired::Why::Overflow);
        const bool moved = bool(expired.moved_to);
        EXPECT_TRUE(std::ranges::any_of(
            rules(guest->queue).overflow,
            [&](const OverflowRule& rule) {
                const bool length = rule.when == When::Length && (guest->must_go || guest->moved == now_);
                return rule.to == expired.to && sends_on(rule, *guest) && (rule.action == Action::Move) == moved &&
                       (length || (rule.when == When::Waited && guest->waits_from + rule.limit <= now_));
            }))
            << "no rule of " << guest->queue << " sends him to " << expired.to;
        ++judged[moved ? "moved" : "left"];
        if (!moved) {
            guests_.erase(guest);
            return;
        }
        guest->rescue = guest->rescue.value_or(rules(guest->queue).priority >= kRescue);
        guest->been.insert(guest->queue);
        guest->queue = expired.to;
        guest->waits_from = now_;
        guest->moved = now_;
        guest->helpers.clear();
        guest->must_go = false;
    }

    /// By rules that widen, for those who wait.
    void help_arrives() {
        for (Customer& guest : guests_) {
            if (!waits(guest)) continue;
            for (const OverflowRule& rule : rules(guest.queue).overflow)
                if (rule.action == Action::Widen && rule.to != guest.queue && guest.waits_from + rule.limit <= now_)
                    guest.helpers.insert(rule.to);
        }
    }

    void nobody_has_outstayed() {
        for (const Customer& guest : guests_) {
            if (!waits(guest)) continue;
            EXPECT_LT(now_, guest.waits_from + rules(guest.queue).max_wait);
            for (const OverflowRule& rule : rules(guest.queue).overflow)
                EXPECT_FALSE(rule.when == When::Waited && sends_on(rule, guest) && guest.waits_from + rule.limit <= now_)
                    << "a rule of " << guest.queue << " has not sent him on";
        }
    }

    void judge(const Offer& offer) {
        const std::string name(acd_.view(offer.agent)->name);
        Staff& chosen = people_.at(name);
        const auto guest = std::ranges::find(guests_, offer.call, &Customer::call);
        ASSERT_NE(guest, guests_.end()) << "offered a caller who is not there";
        take_back_for(*guest, name);
        const StrategyKind strategy = rules(guest->queue).strategy;
        EXPECT_TRUE(waits(*guest) || strategy == StrategyKind::RingAll) << "offered to two agents";
        EXPECT_TRUE(chosen.free(now_)) << name << " cannot take a call";
        EXPECT_TRUE(fits(chosen, *guest)) << name << " does not fit";
        EXPECT_TRUE(is_best(chosen, *guest)) << "another agent than " << name << " is to be asked first, by " << to_word(strategy);
        const bool goes_on = !waits(*guest);  // the next phone of a RingAll
        for (const Customer& other : guests_) {
            if (goes_on || &other == &*guest || !waits(other) || !fits(chosen, other)) continue;
            const bool by_lot = rules(other.queue).strategy == StrategyKind::WeightedRandom;  // who is his best, nobody knows
            if (comes_before(other, *guest)) {
                const bool passed =
                    prefers(chosen, *guest, other) || (chosen.config.in_order && (by_lot || !is_best(chosen, other)));
                EXPECT_TRUE(passed) << name << " takes a caller of " << guest->queue << " before one of " << other.queue;
                judged["in order"] += passed;
            } else if (prefers(chosen, other, *guest) && strategy != StrategyKind::RingAll) {
                EXPECT_TRUE(by_lot || !is_best(chosen, other)) << name << " would rather take one of " << other.queue;
            }
        }
        ++judged[std::string(to_word(strategy))];
        judged["helper"] += !chosen.serves(guest->queue);
        judged["relaxed"] += offer.reason.relaxed > 0;
        EXPECT_EQ(offer.reason.relaxed, steps(*guest));
        guest->rung.emplace(offer.id, name);
        chosen.occupancy = Occupancy::Reserved;
        chosen.last_offered[guest->queue] = ++offers_made_;
    }

    /// The phone was taken from another caller in this round, if it was: only for rescue, and never the other's last one.
    void take_back_for(const Customer& guest, const std::string& name) {
        for (Customer& other : guests_) {
            const auto rung = std::ranges::find_if(other.rung, [&](const auto& one) { return one.second == name; });
            if (rung == other.rung.end() || std::erase(withdrawn_, rung->first) == 0) continue;
            EXPECT_GE(priority(guest), kRescue);
            EXPECT_GT(other.rung.size(), 1u) << "his last phone";
            other.rung.erase(rung);
            people_.at(name).occupancy = Occupancy::Idle;
            ++judged["taken back"];
        }
    }

    void all_are_rung(const Offer& offer) {
        const auto guest = guest_of(offer.id);
        if (guest == guests_.end() || rules(guest->queue).strategy != StrategyKind::RingAll) return;
        const std::size_t most = rules(guest->queue).ring_most;
        EXPECT_LE(guest->rung.size(), most);
        for (const auto& [name, person] : people_)
            EXPECT_FALSE(guest->rung.size() < most && person.free(now_) && fits(person, *guest))
                << name << " is free and is not rung";
    }

    void nobody_waits_in_vain() {
        for (const Customer& guest : guests_) {
            if (!waits(guest)) continue;
            for (const auto& [name, person] : people_)
                EXPECT_FALSE(person.free(now_) && fits(person, guest))
                    << "a caller of " << guest.queue << " waits while " << name << " is free";
        }
    }

    std::string anyone() { return std::next(people_.begin(), static_cast<std::ptrdiff_t>(random_.below(people_.size())))->first; }
    std::optional<OfferId> an_offer() {
        std::vector<OfferId> all;
        for (const Customer& guest : guests_)
            for (const auto& [offer, name] : guest.rung) all.push_back(offer);
        return all.empty() ? std::nullopt : std::optional(all[random_.below(all.size())]);
    }
    std::vector<Customer>::iterator guest_of(OfferId offer) {
        return std::ranges::find_if(guests_, [&](const Customer& guest) { return guest.rung.contains(offer); });
    }

    Random random_;
    Acd acd_;
    Time now_ = Time{} + 1000h;
    std::uint64_t calls_ = 0, offers_made_ = 0;
    std::vector<QueueConfig> queues_;
    std::vector<Customer> guests_;
    std::map<std::string, Staff> people_;
    std::vector<OfferId> withdrawn_;
};

TEST(RandomRules, EveryDecisionIsTheOneTheRulesDemand) {
    const auto [first, last, enough] = seeds(200);
    std::map<std::string, int> judged;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        SCOPED_TRACE("replay with HOTLINE_ACD_SEED=" + std::to_string(seed));
        RuledDay day(seed);
        day.run(300);
        day.calm();
        if (HasFailure()) return;
        for (const auto& [what, times] : day.judged) judged[what] += times;
    }
    if (!enough) return;
    for (const char* strategy :
         {"longest_idle", "round_robin", "fewest_calls", "least_talk", "skill_level", "top_down", "weighted_random", "ring_all"})
        EXPECT_GT(judged[strategy], 300) << strategy;
    for (const char* rule : {"in order", "helper", "relaxed", "moved", "left", "taken back"}) EXPECT_GT(judged[rule], 10) << rule;
}

}  // namespace
}  // namespace hotline::acd
