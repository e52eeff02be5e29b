// What menus ask of the outside, and what they leave for it. Nobody waits here: the answer is an event, and a timer is the answer
// that does not come.
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {

void Switchboard::State::inquire(Call& call, const ivr::AskTables& question, Now now) {
    const InquiryId id = begin_inquiry(call, question.timeout, now);
    if (!ports.inquiries) return;
    auto asked = question;
    // A withheld number is everybody's: not all of them are locked, but who guesses on through one call is.
    if (asked.guard && !tells_who_calls(asked.guard->caller)) asked.guard->caller = "call:" + to_text(call.id);
    ports.inquiries->ask(call.id, id, std::move(asked));
}

void Switchboard::State::inquire(Call& call, const ivr::AskWeb& question, Now now) {
    const InquiryId id = begin_inquiry(call, question.timeout, now);
    if (ports.inquiries) ports.inquiries->ask(call.id, id, question);
}

InquiryId Switchboard::State::begin_inquiry(Call& call, Duration timeout, Now now) {
    call.ear.inquiry = inquiry_ids.next();
    timers.set({call.id, Deadline::Listen}, ports.inquiries ? now.at + timeout : now.at);
    return call.ear.inquiry;
}

void Switchboard::State::on(const InquiryAnswered& event, Now now) {
    Call* call = find(event.call);
    if (!call || !call->ear.inquiry || call->ear.inquiry != event.inquiry) return late();
    timers.cancel({call->id, Deadline::Listen});
    call->ear = {};
    if (event.reply.kind != ivr::Reply::Kind::Found && call->machine)
        log::warn("ivr.inquiry_failed", {{"call", call->id},
                                         {"node", call->machine->node()},
                                         {"how", event.reply.kind == ivr::Reply::Kind::Locked     ? "locked"
                                                 : event.reply.kind == ivr::Reply::Kind::TimedOut ? "timed out"
                                                                                                  : "failed"}});
    feed(*call, event.reply, now);
}

void Switchboard::State::leave_behind(Call& call, const ivr::Effect& effect, Now now) {
    if (const auto* served = std::get_if<ivr::Served>(&effect)) {
        call.chose = true;
        return tell(call.id, SelfServed{customer_of(call), served->what, served->id, served->name}, now);
    }
    if (const auto* application = std::get_if<ivr::Application>(&effect)) {
        call.chose = true;
        Applied fact{customer_of(call), application->what, application->action, application->id, application->name, {}};
        for (const auto& [name, value] : application->details) fact.details.push_back({name, value});
        return tell(call.id, std::move(fact), now);
    }
    if (const auto* message = std::get_if<ivr::ShortMessage>(&effect))
        return tell(call.id, SmsLeft{message->to, message->text, message->language}, now);
    if (const auto* chosen = std::get_if<ivr::LanguageChosen>(&effect); chosen && tells_who_calls(customer_of(call)))
        tell(call.id, LanguageSwitched{customer_of(call), chosen->language}, now);
}

}  // namespace hotline::call
