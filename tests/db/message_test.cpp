// Voice messages and surveys, from their facts to their reports.
#include "db/store_test.h"

namespace hotline::test {
namespace {

class MessageTest : public StoreTest {
  protected:
    void store() {
        start_store();
        ASSERT_TRUE(run_until_stored());
        ASSERT_EQ(counted("store_facts_rejected_total"), 0);
    }
    std::string one(const std::string& sql) {
        std::string text;
        for (const auto& row : supervisor().rows("set timezone = 'Asia/Shanghai'; " + sql)) {
            for (const auto& value : row) text += (text.empty() || text.back() == '\n' ? "" : "|") + value;
            text += '\n';
        }
        return text;
    }
};

TEST_F(MessageTest, AMessageIsARowWithItsFile) {
    const std::string path = "recordings/2024/05/01/X-message-1.wav", hash(64, 'b');
    tell("09:00:00", 1, call::VoiceMessageLeft{"13800000001", "service", "complaint", 8250, path, hash});
    tell("09:01:00", 2, call::VoiceMessageLeft{"13800000002", std::nullopt, "suggestion", 1000, path, hash});
    tell("09:02:00", 3, call::VoiceMessageMissed{"13800000003", std::nullopt, "complaint", "the disk is full"});
    store();
    EXPECT_EQ(one("select * from report.voice_message order by at"),
              "2024-05-01 09:00:00+08|" + to_text(call_id(1)) + "|13800000001|service|complaint|8250|" + path + '|' + hash +
                  "|∅\n2024-05-01 09:01:00+08|" + to_text(call_id(2)) + "|13800000002|∅|suggestion|1000|" + path + '|' + hash +
                  "|∅\n");
}

TEST_F(MessageTest, SomebodyHasHeardIt) {
    tell("09:00:00", 1, call::VoiceMessageLeft{"13800000001", "service", "complaint", 8250, "x.wav", std::string(64, 'b')});
    store();
    EXPECT_EQ(one("select count(*) from report.voice_message where heard_at is null"), "1\n");
    admin().run("update hotline.voice_message set heard_at = '2024-05-01 10:00+08'");
    EXPECT_EQ(one("select heard_at from report.voice_message"), "2024-05-01 10:00:00+08\n");
}

TEST_F(MessageTest, EveryQuestionIsARowAnsweredOrNot) {
    tell("09:00:00", 1, call::Surveyed{"13800000001", "8001", "service", "南京东路", "satisfaction", "fair"});
    tell("09:01:00", 2, call::Surveyed{"13800000002", std::nullopt, std::nullopt, std::nullopt, "satisfaction", std::nullopt});
    store();
    EXPECT_EQ(one("select * from report.survey order by at"),
              "2024-05-01 09:00:00+08|" + to_text(call_id(1)) + "|13800000001|8001|service|南京东路|satisfaction|fair\n" +
                  "2024-05-01 09:01:00+08|" + to_text(call_id(2)) + "|13800000002|∅|∅|∅|satisfaction|∅\n");
}

TEST_F(MessageTest, ACallThatLeftOneSaysSo) {
    auto end = ended("09:00:00", "13800000001", "voice_message");
    tell("09:00:00", 1, arrived("13800000001"));
    tell("09:01:00", 1, end);
    store();
    EXPECT_EQ(one("select outcome from report.call"), "voice_message\n");
}

TEST_F(MessageTest, TheTimelineTellsThemInWords) {
    tell("09:00:00", 1, call::VoiceMessageLeft{"13800000001", "service", "complaint", 8250, "x.wav", std::string(64, 'b')});
    tell("09:00:01", 1, call::Surveyed{"13800000001", "8001", "service", std::nullopt, "satisfaction", std::nullopt});
    tell("09:00:02", 1, call::VoiceMessageMissed{"13800000001", std::nullopt, "complaint", "the disk is full"});
    store();
    EXPECT_EQ(one("select what from report.timeline('" + to_text(call_id(1)) + "')"),
              "leaves a message (complaint) of 8250 ms in x.wav\nasked for satisfaction: no answer\n"
              "could not leave a message (complaint): the disk is full\n");
}

}  // namespace
}  // namespace hotline::test
