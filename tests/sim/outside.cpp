#include "outside.h"

namespace hotline::sim {
namespace {

/// A sound that nobody will ever look into.
call::SoundRef sound() {
    static const std::shared_ptr<int> owner = std::make_shared<int>(0);
    return {owner, reinterpret_cast<const media::Sound*>(owner.get())};
}

}  // namespace

void FakeSpeech::prepare(call::SpeechId speech, std::vector<ivr::Utterance> utterances) {
    if (faulty(day_.lost)) return;
    call::SpeechReady ready{speech, {}};
    for (std::size_t i = 0; i < utterances.size(); ++i) ready.sounds.push_back(faulty(day_.lost) ? nullptr : sound());
    const Duration delay = faulty(day_.lost) ? dice_.between(3s, 10s) : dice_.between(1ms, 200ms);
    timeline_.after(delay, [this, ready] { deliver_(ready); });
    if (faulty(day_.repeated)) timeline_.after(delay + dice_.latency(), [this, ready] { deliver_(ready); });
}

void FakeDirectory::find(CallId call, const std::string& number) {
    if (dice_.chance(day_.lost * 3)) return;
    const auto known = history_.find(number);
    call::CustomerFound found{call, known == history_.end() ? std::vector<call::CustomerFound::Served>{} : known->second};
    const Duration delay = dice_.chance(0.8) ? dice_.between(1ms, 250ms) : dice_.between(250ms, 10s);
    const auto tell = [this, found] {
        if (!found.served.empty()) told_[found.call] = true;
        deliver_(found);
    };
    timeline_.after(delay, tell);
    if (dice_.chance(day_.repeated)) timeline_.after(delay + dice_.latency(), tell);
}

void FakeInquiries::ask(CallId call, call::InquiryId inquiry, ivr::AskTables) { answer(call, inquiry, {"step"}); }
void FakeInquiries::ask(CallId call, call::InquiryId inquiry, ivr::AskWeb) { answer(call, inquiry, {}); }

void FakeInquiries::answer(CallId call, call::InquiryId inquiry, std::vector<std::string> columns) {
    if (dice_.chance(day_.lost)) return;
    call::InquiryAnswered event{call, inquiry, {}};
    event.reply.kind = dice_.chance(0.8) ? ivr::Reply::Kind::Found : static_cast<ivr::Reply::Kind>(1 + dice_.below(3));
    event.reply.columns = std::move(columns);
    for (std::size_t rows = dice_.below(6); rows > 0; --rows)
        event.reply.rows.emplace_back(event.reply.columns.size(),
                                      dice_.chance(0.2) ? std::nullopt : std::optional<std::string>("出票"));
    const Duration delay = dice_.chance(0.9) ? dice_.latency() : dice_.between(1s, 10s);
    timeline_.after(delay, [this, event] { deliver_(event); });
    if (dice_.chance(day_.repeated)) timeline_.after(delay + dice_.latency(), [this, event] { deliver_(event); });
}

void FakeDirectory::remember(const std::string& number, const std::string& agent) {
    auto& served = history_[number];
    std::erase_if(served, [&](const auto& s) { return s.agent == agent; });
    served.insert(served.begin(), {agent, timeline_.now().wall, 60s});
}

}  // namespace hotline::sim
