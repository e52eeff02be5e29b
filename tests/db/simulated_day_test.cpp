// What the database says of a day is a function of the day's facts alone. A simulated day, with everything that goes wrong on one,
// is told to a store that is stopped again and again meanwhile; then the reports are compared with the same made from the facts
// here.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "db/store_test.h"
#include "hotline/base/text.h"
#include "sim/quiet_log.h"
#include "sim/world.h"

namespace hotline::test {
namespace {

using Lines = std::vector<std::string>;  // one a row, columns between bars

/// Hands every fact on, and keeps it.
struct Scribe : call::Journal {
    call::Journal* to = nullptr;
    std::vector<call::Fact> facts;
    void append(const call::Fact& fact) override {
        facts.push_back(fact);
        to->append(fact);
    }
};

std::vector<call::Fact> facts_of_day(std::uint64_t seed) {
    sim::QuietLog quiet;
    Scribe scribe;
    sim::Sabotage listening;
    listening.ports = [&scribe](call::Ports ports) {
        scribe.to = &ports.journal;
        return call::Ports{ports.signaling, ports.media, ports.speech, ports.directory, scribe};
    };
    const auto broken = sim::World(seed, sim::Story::Untold, listening).run();
    EXPECT_EQ(broken, "") << "seed " << seed;
    return std::move(scribe.facts);
}

// ── The reports, from the facts ──

std::string bar(const Lines& columns) {
    std::string line;
    for (const auto& column : columns) line += (line.empty() ? "" : "|") + column;
    return line;
}
std::string us(Wall at) { return std::to_string(to_unix_us(at)); }
std::string or_none(const std::optional<std::string>& text) { return text.value_or("-"); }

struct Reports {
    std::map<CallId, Lines> calls;
    Lines segments, menu_choices;
    std::map<std::string, std::array<std::int64_t, 3>> queues;  // offered, answered, abandoned
    std::map<std::string, std::int64_t> kinds;

    explicit Reports(const std::vector<call::Fact>& facts) {
        for (const auto& fact : facts) {
            std::visit([&](const auto& body) { ++kinds[std::string(body.kKind)]; }, fact.body);
            std::visit([&](const auto& body) { add(body, fact); }, fact.body);
        }
        for (auto& [id, columns] : calls) columns.push_back(std::to_string(wrapups_[id])), columns.push_back(recordings_[id]);
        std::sort(segments.begin(), segments.end());
        std::sort(menu_choices.begin(), menu_choices.end());
    }
    Lines call_lines() const {
        Lines lines;
        for (const auto& [id, columns] : calls) lines.push_back(bar(columns));
        std::sort(lines.begin(), lines.end());
        return lines;
    }
    Lines queue_lines() const {
        Lines lines;
        for (const auto& [queue, n] : queues)
            lines.push_back(bar({queue, std::to_string(n[0]), std::to_string(n[1]), std::to_string(n[2])}));
        return lines;
    }

  private:
    template <class Body>
    void add(const Body&, const call::Fact&) {}
    void add(const call::CallEnded& end, const call::Fact& fact) {
        calls[fact.call] = {to_text(fact.call),
                            us(end.started_at),
                            us(fact.at),
                            end.direction,
                            end.caller,
                            end.called,
                            or_none(end.queue),
                            or_none(end.agent),
                            std::to_string(end.ivr_ms),
                            std::to_string(end.wait_ms),
                            std::to_string(end.ring_ms),
                            std::to_string(end.talk_ms),
                            std::to_string(end.hold_ms),
                            end.outcome,
                            end.hangup_by,
                            end.affinity};
    }
    void add(const call::SegmentEnded& end, const call::Fact& fact) {
        segments.push_back(bar({to_text(fact.call), end.agent, us(end.offered_at), end.answered_at ? us(*end.answered_at) : "-",
                                us(fact.at), end.result}));
    }
    void add(const call::MenuChosen& choice, const call::Fact& fact) {
        menu_choices.push_back(bar({us(fact.at), to_text(fact.call), choice.menu, choice.key, choice.choice}));
    }
    void add(const call::QueueLeft& left, const call::Fact&) {
        auto& [offered, answered, abandoned] = queues[left.queue];
        ++offered, answered += left.result == "answered", abandoned += left.result == "abandoned";
    }
    void add(const call::WrapUpEnded& end, const call::Fact& fact) { wrapups_[fact.call] += end.wrapup_ms; }
    void add(const call::RecordingKept& kept, const call::Fact& fact) { recordings_[fact.call] = kept.path; }

    std::map<CallId, std::int64_t> wrapups_;
    std::map<CallId, std::string> recordings_;
};

class SimulatedDay : public StoreTest, public ::testing::WithParamInterface<std::uint64_t> {
  protected:
    /// Appends the facts in pieces; the store is stopped in the middle of what it writes, or the whole journal is opened again.
    void tell_with_stops(const std::vector<call::Fact>& facts) {
        constexpr std::size_t kPieces = 8;
        for (std::size_t piece = 0; piece < kPieces; ++piece) {
            for (auto i = facts.size() * piece / kPieces; i < facts.size() * (piece + 1) / kPieces; ++i) journal_->append(facts[i]);
            if (!store_) start_store();
            run_until([] { return false; }, std::chrono::milliseconds(5 * piece));
            if (piece % 2 == 0) stop_store();
        }
        if (!store_) start_store();
        ASSERT_TRUE(run_until_stored());
        EXPECT_EQ(counted("store_facts_rejected_total"), 0);
    }
    Lines lines(const std::string& columns, const std::string& from) {
        Lines out;
        for (const auto& row : supervisor().rows("select concat_ws('|', " + columns + ") from " + from)) out.push_back(row[0]);
        std::sort(out.begin(), out.end());
        return out;
    }
    static std::string in_us(const std::string& column) {
        return "coalesce((extract(epoch from " + column + ") * 1000000)::bigint::text, '-')";
    }
};

TEST_P(SimulatedDay, TheReportsAreAFunctionOfTheFacts) {
    std::vector<call::Fact> facts;  // of a day on which something happens
    for (std::uint64_t seed = GetParam(); facts.size() <= 100 && seed < 100; seed += 8) facts = facts_of_day(seed);
    ASSERT_GT(facts.size(), 100u);
    const Reports expected(facts);
    tell_with_stops(facts);
    EXPECT_EQ(lines("call_id, " + in_us("started_at") + ", " + in_us("ended_at") +
                        ", direction, caller, called, coalesce(queue, '-'), coalesce(agent, '-'), ivr_ms, wait_ms, ring_ms, "
                        "talk_ms, hold_ms, outcome, hangup_by, affinity, wrapup_ms, coalesce(recording, '')",
                    "report.call"),
              expected.call_lines());
    EXPECT_EQ(lines("call_id, agent, " + in_us("offered_at") + ", " + in_us("answered_at") + ", " + in_us("ended_at") + ", result",
                    "report.segment"),
              expected.segments);
    EXPECT_EQ(lines(in_us("at") + ", call_id, menu, key, choice", "report.menu_choice"), expected.menu_choices);
    EXPECT_EQ(lines("queue, sum(offered), sum(answered), sum(abandoned)", "report.queue_hour group by queue"),
              expected.queue_lines());
    for (const auto& [kind, count] : expected.kinds)
        EXPECT_EQ(admin().value("select count(*) from hotline.fact where kind = '" + kind + "'"), std::to_string(count)) << kind;
    EXPECT_EQ(admin().value("select count(*) from hotline.open_call"), "0") << "the day ends in calm";
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulatedDay, ::testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace hotline::test
