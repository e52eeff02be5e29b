// What answers from other threads: prepared speech, the directory that knows who served whom, tables and web addresses.
#pragma once
#include "day.h"
#include "hotline/call/ports.h"

namespace hotline::sim {

class FakeSpeech : public call::Speech {
  public:
    FakeSpeech(Timeline& timeline, Dice& dice, const Character& day, std::function<void(const call::Event&)> deliver)
        : timeline_(timeline), dice_(dice), day_(day), deliver_(std::move(deliver)) {}
    void prepare(call::SpeechId speech, std::vector<ivr::Utterance> utterances) override;
    void calm_down() { calm_ = true; }

  private:
    bool faulty(double share) { return !calm_ && dice_.chance(share); }
    Timeline& timeline_;
    Dice& dice_;
    const Character& day_;
    std::function<void(const call::Event&)> deliver_;
    bool calm_ = false;
};

class FakeDirectory : public call::Directory {
  public:
    FakeDirectory(Timeline& timeline, Dice& dice, const Character& day, std::function<void(const call::Event&)> deliver)
        : timeline_(timeline), dice_(dice), day_(day), deliver_(std::move(deliver)) {}
    void find(CallId call, const std::string& number) override;
    /// The history of a number: newest first.
    void remember(const std::string& number, const std::string& agent);
    /// Calls for which somebody was named: these callers may wait for one agent and let others pass.
    bool prefers(CallId call) const { return told_.contains(call); }

  private:
    Timeline& timeline_;
    Dice& dice_;
    const Character& day_;
    std::function<void(const call::Event&)> deliver_;
    std::map<std::string, std::vector<call::CustomerFound::Served>> history_;
    std::map<CallId, bool> told_;
};

/// Answers soon, late, twice, or never.
class FakeInquiries : public call::Inquiries {
  public:
    FakeInquiries(Timeline& timeline, Dice& dice, const Character& day, std::function<void(const call::Event&)> deliver)
        : timeline_(timeline), dice_(dice), day_(day), deliver_(std::move(deliver)) {}
    void ask(CallId call, call::InquiryId inquiry, ivr::AskTables question) override;
    void ask(CallId call, call::InquiryId inquiry, ivr::AskWeb question) override;

  private:
    void answer(CallId call, call::InquiryId inquiry, std::vector<std::string> columns);
    Timeline& timeline_;
    Dice& dice_;
    const Character& day_;
    std::function<void(const call::Event&)> deliver_;
};

}  // namespace hotline::sim
