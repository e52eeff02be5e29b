// Every key of the sample sites' menus, as a caller presses it; tables answer with two rows of whatever the menus ask for.
#include <gmock/gmock.h>

#include "app/site_config.h"
#include "hotline/ivr/machine.h"

namespace hotline::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Something that can be said in the form which such a column is said in.
std::string made_up(const std::string& column) {
    if (column.ends_with("_fen")) return "12050";
    if (column.ends_with("_on") || column.ends_with("day") || column == "next_departure") return "2026-12-01";
    if (column.ends_with("_at")) return "10:00";
    if (column.ends_with("_id") || column == "stars" || column == "seats_left") return "4";
    return column == "member_no" || column == "order_no" || column == "phone" ? "100001" : "甲";
}

class SampleSite : public ::testing::Test {
  protected:
    explicit SampleSite(const std::string& name) {
        Problems problems;
        config_ = load_site("config/" + name, {}, problems);
        EXPECT_EQ(problems.to_text(), "");
    }

    /// Where these keys lead: "queue service", "hangup", or the node that waits for the next key. A blank is silence.
    std::string press(const std::string& keys, const std::shared_ptr<const ivr::Program>& program) {
        ivr::Machine machine(program, {"13900001234", "95000"});
        said_.clear(), left_.clear();
        std::size_t next = 0;
        ivr::Step step = machine.resume(ivr::Started{}, Wall{});
        for (int steps = 0; steps < 200; ++steps) {
            for (const auto& choice : step.choices) pressed_.insert(choice.menu + ' ' + choice.key);
            for (const auto& answer : step.answers) left_.push_back(answer.question + ' ' + answer.answer.value_or("-"));
            for (const auto& effect : step.effects) leave(effect);
            if (!step.action) return "nothing to do";
            const ivr::Action action = *step.action;
            if (std::holds_alternative<ivr::EndCall>(action))
                return next == keys.size() ? "hangup" : "hangup before " + keys.substr(next);
            if (const auto* join = std::get_if<ivr::Enqueue>(&action)) return "queue " + join->queue;
            if (std::holds_alternative<ivr::Listen>(action)) {
                if (next == keys.size()) return std::string(machine.node());
                const char key = keys[next++];
                step = key == ' ' ? machine.resume(ivr::TimerFired{}, Wall{}) : machine.resume(ivr::Digit{key}, Wall{});
            } else {
                step = machine.resume(come_of(action), Wall{});
            }
        }
        return "no end";
    }
    std::string press(const std::string& keys) { return press(keys, config_.site->hotlines.begin()->second); }

    ivr::Input come_of(const ivr::Action& action) {
        if (const auto* say = std::get_if<ivr::SayThese>(&action)) {
            for (const auto& words : say->utterances) said_ += words.name.empty() ? words.text : words.name + ' ';
            return ivr::PromptEnded{};
        }
        if (const auto* question = std::get_if<ivr::AskTables>(&action)) return rows(question->query->name);
        if (std::holds_alternative<ivr::TakeMessage>(action)) return ivr::MessageNews::Spoken;
        if (std::holds_alternative<ivr::KeepMessage>(action)) return ivr::MessageNews::Kept;
        return ivr::PromptEnded{};  // of a message that he hears again
    }
    ivr::Reply rows(const std::string& query) {
        std::set<std::string> names;
        for (const auto& column : config_.columns)
            if (column.query->name == query) names.insert(column.name);
        ivr::Reply reply{ivr::Reply::Kind::Found, {names.begin(), names.end()}, {}};
        for (int row = 0; row < 2; ++row) {
            auto& out = reply.rows.emplace_back();
            for (const auto& name : names) out.emplace_back(made_up(name));
        }
        return reply;
    }
    void leave(const ivr::Effect& effect) {
        if (const auto* asked = std::get_if<ivr::Application>(&effect)) left_.push_back(asked->action + ' ' + asked->what);
        if (std::holds_alternative<ivr::ShortMessage>(effect)) left_.push_back("sms");
    }
    /// Keys of menus that nobody has pressed, as "menu key".
    std::vector<std::string> unpressed() const {
        std::vector<std::string> out;
        for (const auto& [name, program] : config_.programs)
            for (const auto& node : program->nodes)
                if (const auto* menu = std::get_if<ivr::Menu>(&node.body))
                    for (const auto& choice : menu->choices)
                        if (!pressed_.contains(menu->name + ' ' + choice.key)) out.push_back(menu->name + ' ' + choice.key);
        return out;
    }

    SiteConfig config_;
    std::set<std::string> pressed_;
    std::string said_;
    std::vector<std::string> left_;
};

class TravelKeys : public SampleSite {
  protected:
    TravelKeys() : SampleSite("travel") {}
};

TEST_F(TravelKeys, LeadWhereTheyShould) {
    for (const auto& [keys, end] : std::vector<std::pair<std::string, std::string>>{
             {"0", "queue service"},
             {"1", "queue domestic"},
             {"2", "queue abroad"},
             {"9", "queue rescue"},
             {"3", "main_menu"},
             {"#", "main_menu"},
             {"*", "main_menu"},
             {"   ", "queue service"},
             {"410001#", "main_menu"},
             {"40#", "queue service"},
             {"4#", "of_caller"},
             {"4#8", "of_caller"},
             {"4#*", "main_menu"},
             {"5", "kind"},
             {"5*", "main_menu"},
             {"50", "queue service"},
             {"51", "domestic"},
             {"52", "abroad"},
             {"53", "individual"},
             {"51*", "kind"},
             {"51  ", "kind"},
             {"511", "departures"},
             {"522", "departures"},
             {"531", "departures"},
             {"511*", "domestic"},
             {"522*", "abroad"},
             {"511**", "kind"},
             {"511***", "main_menu"},
             {"5110", "queue service"},
             {"6", "complaint"},
             {"61", "hangup"},
             {"62", "complaint"},
             {"63", "complaint"},
             {"64", "main_menu"},
             {"7", "safety"},
             {"79", "safety"},
             {"78", "safety"},
             {"7*", "main_menu"},
             {"8", "more"},
             {"8*", "main_menu"},
             {"81", "hotels"},
             {"82", "attractions"},
             {"83", "insurances"},
             {"84", "tickets"},
             {"85", "traffic"},
             {"81*", "more"},
             {"82*", "more"},
             {"85  ", "more"},
             {"83*", "more"},
             {"831", "want_insurance"},
             {"831*", "insurances"},
             {"8311", "main_menu"},
             {"842", "how_many"},
             {"842*", "tickets"},
             {"8422#", "main_menu"},
             {"8420#", "queue service"},
         })
        EXPECT_EQ(press(keys), end) << keys;
    const auto& called_back = config_.programs.at("callback");
    EXPECT_EQ(press("1", called_back), "queue abroad");
    EXPECT_EQ(press("    ", called_back), "hangup before   ") << "a machine presses nothing";
    EXPECT_THAT(unpressed(), IsEmpty());
}

TEST_F(TravelKeys, LeaveWhatWasAskedFor) {
    press("8311");
    EXPECT_THAT(left_, ElementsAre("ask insurance", "sms"));
    press("8422#");
    EXPECT_THAT(left_, ElementsAre("ask ticket", "sms"));
    press("410001#");
    EXPECT_THAT(said_, HasSubstr("目前环节：甲，负责部门：甲。"));
    for (const auto& [key, answer] : {std::pair("1", "satisfied"), std::pair("2", "fair"), std::pair("3", "not_satisfied")}) {
        EXPECT_EQ(press(key, config_.programs.at("survey")), "hangup");
        EXPECT_THAT(left_, ElementsAre(std::string("satisfaction ") + answer));
    }
}

class FitnessKeys : public SampleSite {
  protected:
    FitnessKeys() : SampleSite("fitness") {}
};

TEST_F(FitnessKeys, LeadWhereTheyShould) {
    const std::string known = "31000012468";
    for (const auto& [keys, end] : std::vector<std::pair<std::string, std::string>>{
             {"0", "queue service"},
             {"#", "main_menu"},
             {"*", "main_menu"},
             {"   ", "queue service"},
             {"1", "promotions"},
             {"18", "promotions"},
             {"1*", "main_menu"},
             {"10", "queue service"},
             {"2", "branches"},
             {"2*", "main_menu"},
             {"3", "member_no"},
             {"30#", "queue service"},
             {"3100001", "pin"},
             {known, "menu"},
             {known + "1", "spending"},
             {known + "1*", "menu"},
             {known + "2", "bookings"},
             {known + "2*", "menu"},
             {known + "21", "want_cancel"},
             {known + "21*", "bookings"},
             {known + "211", "menu"},
             {known + "3", "branch"},
             {known + "3*", "menu"},
             {known + "31", "lessons"},
             {known + "3111", "menu"},
             {known + "*", "main_menu"},
             {known + "0", "queue service"},
             {"4", "branch"},
             {"4*", "main_menu"},
             {"41", "lessons"},
             {"41*", "branch"},
             {"41**", "main_menu"},
             {"411", "want"},
             {"411*", "lessons"},
             {"41111000012468", "main_menu"},
             {"5", "complaint"},
             {"51", "hangup"},
             {"52", "complaint"},
             {"53", "complaint"},
             {"54", "main_menu"},
             {"6", "suggestion"},
             {"61", "hangup"},
             {"62", "suggestion"},
             {"63", "suggestion"},
             {"64", "main_menu"},
         })
        EXPECT_EQ(press(keys), end) << keys;
    EXPECT_THAT(unpressed(), IsEmpty());
}

TEST_F(FitnessKeys, ALoneZeroIsThePersonInAPinToo) {
    EXPECT_EQ(press("31000010#"), "queue service");
    EXPECT_EQ(press("30#"), "queue service");
}

TEST_F(FitnessKeys, LeaveWhatWasAskedFor) {
    press("41111000012468");
    EXPECT_THAT(left_, ElementsAre("book course", "sms"));
    press("31000012468211");
    EXPECT_THAT(left_, ElementsAre("cancel course"));
    press("31000012468");
    EXPECT_THAT(said_, HasSubstr("甲，您好。您的甲有效期到二零二六年十二月一日，余额一百二十元五角。"));
    EXPECT_THAT(said_, ::testing::Not(HasSubstr("2468")));
    for (const auto& [key, answer] : {std::pair("1", "satisfied"), std::pair("2", "fair"), std::pair("3", "not_satisfied")}) {
        EXPECT_EQ(press(key, config_.programs.at("survey")), "hangup");
        EXPECT_THAT(left_, ElementsAre(std::string("satisfaction ") + answer));
    }
}

}  // namespace
}  // namespace hotline::app
