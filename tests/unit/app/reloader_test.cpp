#include "app/reloader.h"

#include <future>

#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

class Reload : public testing::ScratchSite {
  protected:
    void SetUp() override {
        ScratchSite::SetUp();
        // Any program that writes a WAV file is a synthesis program.
        const std::string music = std::filesystem::absolute("config/travel/prompts/music.wav").string();
        const std::string command = "[\"sh\", \"-c\", \"cp " + music + " \\\"$0\\\"\", \"{out}\", \"{text}\"]";
        change("site.json", "\"sip\"",
               "\"speech\": { \"commands\": { \"zh\": " + command + ", \"en\": " + command + " } },\n  \"sip\"");
        running_ = load();
        ASSERT_EQ(problems_.to_text(), "");
        running_.place_in(dir_ + "/data");
        std::filesystem::create_directories(running_.prompts.cache_dir);
        auto prompts = media::PromptLibrary::start(
            running_.prompts, [](call::Event) {}, metrics_);
        ASSERT_TRUE(prompts) << prompts.error().text;
        prompts_ = std::move(*prompts);
        hand_over_to([this](std::shared_ptr<const SiteConfig> wanted) {
            applied_.push_back(std::move(wanted));
            return true;
        });
    }
    void hand_over_to(Reloader::Apply apply) {
        reloader_ = std::make_unique<Reloader>(dir_, settings_, running_, *prompts_, std::move(apply));
    }
    void TearDown() override {
        reloader_.reset();
        prompts_.reset();
        ScratchSite::TearDown();
    }

    Reloader::Report reload() {
        std::promise<Reloader::Report> done;
        reloader_->start([&](Reloader::Report report) { done.set_value(std::move(report)); });
        auto report = done.get_future();
        if (report.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
            throw std::runtime_error("the reload did not end");
        return report.get();
    }

    const std::vector<std::string> settings_{"queues.service.wrapup_s=7"};
    Metrics metrics_;
    SiteConfig running_;
    std::unique_ptr<media::PromptLibrary> prompts_;
    std::unique_ptr<Reloader> reloader_;
    std::vector<std::shared_ptr<const SiteConfig>> applied_;
};

TEST_F(Reload, HandsOverTheWholeNewSite) {
    change("queues.json", "\"ring_s\": 10", "\"ring_s\": 20");
    const auto report = reload();
    EXPECT_TRUE(report.applied);
    EXPECT_EQ(report.text, "reloaded.");
    ASSERT_EQ(applied_.size(), 1u);
    const auto& service = applied_[0]->site->acd.queues.front();
    EXPECT_EQ(service.ring_time, 20s);
    EXPECT_EQ(service.wrapup, 7s) << "the command line's settings stay in force";
}

TEST_F(Reload, KeepsTheOldSiteWithTheReason) {
    change("queues.json", "\"ring_s\": 10", "\"ring_s\": \"long\"");
    const auto report = reload();
    EXPECT_FALSE(report.applied);
    EXPECT_EQ(report.text,
              dir_ + "/queues.json:2:26: expected a number, but this is text in quotes.\nthe running configuration stays.");
    EXPECT_TRUE(applied_.empty());
}

TEST_F(Reload, NamesWhatNeedsARestart) {
    change("site.json", "5070", "5071");
    EXPECT_EQ(reload().text, "reloaded. Needs a restart to change: sip.");
    EXPECT_EQ(reload().text, "reloaded. Needs a restart to change: sip.") << "compared with what runs, not with the last reload";
}

TEST_F(Reload, PreparesNewPromptsBeforeTheyAreNeeded) {
    change("prompts.json", "\"Hello\"", "\"Good morning\"");
    EXPECT_TRUE(reload().applied);
    const ivr::Utterance fresh{"hello", "Good morning", "en"};
    EXPECT_NE(std::find(applied_.at(0)->all_prompts.begin(), applied_.at(0)->all_prompts.end(), fresh),
              applied_.at(0)->all_prompts.end());
    EXPECT_FALSE(std::filesystem::is_empty(running_.prompts.cache_dir));
}

TEST_F(Reload, TwoAtATimeAreOneTooMany) {
    std::promise<void> inside, leave;
    std::promise<Reloader::Report> first;
    hand_over_to([&](std::shared_ptr<const SiteConfig>) {
        inside.set_value();
        leave.get_future().wait();
        return true;
    });
    reloader_->start([&](Reloader::Report report) { first.set_value(std::move(report)); });
    inside.get_future().wait();
    EXPECT_EQ(reload().text, "a reload is under way; ask again when it is done.");
    leave.set_value();
    EXPECT_TRUE(first.get_future().get().applied);
}

TEST_F(Reload, SignalsDuringAReloadAreFollowedByOneMore) {
    std::promise<void> inside, leave, followed;
    hand_over_to([&](std::shared_ptr<const SiteConfig> wanted) {
        applied_.push_back(std::move(wanted));
        if (applied_.size() == 1) {
            inside.set_value();
            leave.get_future().wait();
        } else if (applied_.size() == 2) {
            followed.set_value();
        }
        return true;
    });
    reloader_->start_or_follow();
    inside.get_future().wait();
    change("queues.json", "\"ring_s\": 10", "\"ring_s\": 20");
    for (int signals = 0; signals < 3; ++signals) reloader_->start_or_follow();
    leave.set_value();
    ASSERT_EQ(followed.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
    while (!reload().applied) std::this_thread::yield();  // refused until that one has ended
    ASSERT_EQ(applied_.size(), 3u) << "two by signal, one asked for";
    EXPECT_EQ(applied_[0]->site->acd.queues.front().ring_time, 10s);
    EXPECT_EQ(applied_[1]->site->acd.queues.front().ring_time, 20s);
}

TEST_F(Reload, WhatCannotBeHandedOverLeavesThePromptsToo) {
    bool has_room = false;
    hand_over_to([&](std::shared_ptr<const SiteConfig>) { return has_room; });
    change("site.json", "\"en\": [\"sh\"", "\"en\": [\"false\"");
    const auto kept = reload();
    EXPECT_FALSE(kept.applied);
    EXPECT_EQ(kept.text, "the control thread's mailbox is full; the running configuration stays. Reload again.");
    EXPECT_EQ(prompts_->warm({{"fresh", "Said before", "en"}}, 30s), 0u) << "by the program that was in force";
    has_room = true;
    EXPECT_TRUE(reload().applied);
    EXPECT_EQ(prompts_->warm({{"fresh", "Said after", "en"}}, 30s), 1u);
}

}  // namespace
}  // namespace hotline::app
