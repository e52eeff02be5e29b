#include "ledger.h"

namespace hotline::sim {
namespace {

std::int64_t ms_between(Wall from, Wall to) { return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count(); }
bool about(std::int64_t a, std::int64_t b) { return std::abs(a - b) <= 2; }  // each is cut to whole milliseconds

/// Any fact as text, for the digest that tells two days apart.
struct Print {
    std::string& out;
    void operator()(const char*, const std::string& v) const { out += v + ';'; }
    void operator()(const char*, std::int64_t v) const { out += std::to_string(v) + ';'; }
    void operator()(const char*, double v) const { out += std::to_string(v) + ';'; }
    void operator()(const char*, bool v) const { out += v ? "true;" : "false;"; }
    void operator()(const char*, Wall v) const { out += std::to_string(to_unix_us(v)) + ';'; }
    template <class T>
    void operator()(const char* name, const std::optional<T>& v) const {
        v ? (*this)(name, *v) : (void)(out += "none;");
    }
    template <class T>
    void operator()(const char*, const std::vector<T>& all) const {
        for (const T& each : all) each.fields(*this);
    }
};

}  // namespace

void Ledger::learn(const call::Site& site) {
    for (const auto& queue : site.acd.queues) {
        queues_[queue.name] = queue;
        for (const auto& rule : queue.overflow)
            if (rule.action == acd::OverflowRule::Action::Widen) helpers_[queue.name].insert(rule.to);
    }
    for (const auto& [queue, rules] : site.callbacks) retries_[queue] = rules.retries, modes_[queue] = rules.mode;
}

const acd::QueueConfig* Ledger::queue(const std::string& name) const {
    const auto found = queues_.find(name);
    return found == queues_.end() ? nullptr : &found->second;
}

void Ledger::count(std::string_view text) {
    for (const char c : text) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211u;  // FNV-1a
}

void Ledger::append(const call::Fact& fact) {
    verdict_.expect(fact.at >= last_, "a fact is older than the one before it");
    last_ = fact.at;
    ++size_;
    std::string text = std::to_string(to_unix_us(fact.at)) + ' ' + std::to_string(fact.call.value) + ' ';
    std::visit([&](const auto& body) { (text += body.kKind) += ' ', body.fields(Print{text}); }, fact.body);
    count(text);
    on_fact(text);
    std::visit([&](const auto& body) { on(body, fact); }, fact.body);
}

/// Facts about a call lie between CallArrived and CallEnded; only what is measured or stored may come after.
Ledger::CallBook& Ledger::open_book(const call::Fact& whole, std::string_view kind) {
    const auto found = calls_.find(whole.call);
    verdict_.expect(found != calls_.end(), kind, " of a call that never arrived: ", whole.call);
    CallBook& book = found == calls_.end() ? calls_[whole.call] : found->second;
    verdict_.expect(!book.ended, kind, " after the end of call ", whole.call);
    return book;
}

void Ledger::on(const call::CallArrived& fact, const call::Fact& whole) {
    verdict_.expect(!calls_.contains(whole.call), "call ", whole.call, " arrived twice");
    verdict_.expect(whole.call > newest_, "the number of call ", whole.call, " does not rise");
    newest_ = whole.call;
    CallBook& book = calls_[whole.call];
    live_[whole.call] = &book;
    book.arrived = whole.at;
    book.caller = fact.caller;
    book.out = fact.direction == "out";
    if (fact.purpose == "callback") begin_callback(book, fact, whole);
}

void Ledger::on(const call::CallAccepted&, const call::Fact& whole) {
    CallBook& book = open_book(whole, "CallAccepted");
    verdict_.expect(!book.accepted, "call ", whole.call, " is accepted twice");
    book.accepted = true;
}

void Ledger::on(const call::MenuChosen&, const call::Fact& whole) { in_the_menu(whole, "MenuChosen"); }

void Ledger::in_the_menu(const call::Fact& whole, std::string_view kind) {
    const CallBook& book = open_book(whole, kind);
    verdict_.expect(book.accepted && !book.queued && book.talks_to.empty(), kind, " in call ", whole.call, " outside the menu");
}

void Ledger::on(const call::Enqueued& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "Enqueued");
    verdict_.expect(!book.queued && book.talks_to.empty(), "call ", whole.call, " joins a queue while it is elsewhere");
    verdict_.expect(fact.position >= 1, "position ", fact.position, " in queue ", fact.queue);
    const bool moved = book.was_queued && book.left == whole.at && book.queue != fact.queue;
    sightings_["moved to another queue"] += moved;
    book.queued = book.was_queued = true;
    book.queue = fact.queue;
    book.enqueued = whole.at;
    book.place = fact.place_from;
    book.skills = fact.skills;
    book.named = fact.agent.has_value();
    verdict_.expect(fact.place_from <= whole.at, "call ", whole.call, " has a place in the future");
    const auto* rules = queue(fact.queue);
    book.boost = fact.priority - (rules ? rules->priority : 0);
    // A caller who was moved is what he was, and the fact says it; a program that leads him on in the same instant looks alike.
    book.rescue = moved ? fact.priority >= acd::kRescue : is_rescue(fact.queue);
    const auto here = static_cast<std::size_t>(
        std::ranges::count_if(live_, [&](const auto& each) { return each.second->queued && each.second->queue == fact.queue; }));
    // A place of an earlier call: he may have placed this one before he gave that one up.
    const bool came_back = fact.place_from < book.arrived || whole.at - fact.place_from > 1s;
    verdict_.expect(!rules || came_back || here <= rules->max_length + kAgentNames.size(), "queue ", fact.queue, " holds ", here,
                    " after call ", whole.call, " joined");
}

void Ledger::on(const call::QueueLeft& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "QueueLeft");
    verdict_.expect(book.queued && fact.queue == book.queue, "call ", whole.call, " leaves a queue that it is not in");
    verdict_.expect(fact.entered_at <= book.enqueued, "call ", whole.call, " leaves the queue with a younger enter time");
    verdict_.expect(about(fact.wait_ms, ms_between(fact.entered_at, whole.at)), "wait of call ", whole.call, " is ", fact.wait_ms);
    verdict_.expect((fact.result == "answered") == fact.agent.has_value(), "an agent belongs to an answer, in call ", whole.call);
    sightings_["left by key"] += fact.why == "key";
    verdict_.expect((fact.result == "overflow") == (fact.why && fact.to), "call ", whole.call, " is sent on and nobody knows why");
    if (fact.agent)
        verdict_.expect(book.offered_to.contains(*fact.agent), "call ", whole.call, " is answered by one it was not offered to");
    book.queued = false;
    book.left = whole.at;
    book.queue_ms += fact.wait_ms;
}

void Ledger::on(const call::QueueRefused& fact, const call::Fact& whole) {
    const CallBook& book = open_book(whole, "QueueRefused");
    verdict_.expect(!book.queued && book.talks_to.empty(), "call ", whole.call, " is refused by a queue while it is elsewhere");
    verdict_.expect(fact.caller == book.caller, "queue ", fact.queue, " refuses another caller in call ", whole.call);
    ++sightings_["refused: " + fact.why];
}

void Ledger::on(const call::Offered& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "Offered");
    AgentBook& agent = agents_[fact.agent];
    verdict_.expect((book.queued || !book.calls_back.empty()) && fact.queue == book.queue, "call ", whole.call,
                    " is offered from a queue that it is not in");
    const bool at_once = fact.reason == "ring_all" && whole.at == book.offered;
    verdict_.expect(book.offered_to.empty() || at_once, "call ", whole.call, " is offered to two agents at a time");
    verdict_.expect(!agent.engaged, "agent ", fact.agent, " is offered a call while he is in an offer or conversation");
    // A wrap-up that ends in the round of the offer: he goes straight from the one to the other.
    const bool just_now = agent.state == "ringing" && agent.since == whole.at && agent.previous == "wrap_up";
    verdict_.expect(agent.state == "ready" || just_now, "agent ", fact.agent, " is offered a call while he is ", agent.state);
    verdict_.expect(!fact.candidates.empty() && fact.candidates.size() <= 10 && fact.candidates.front().agent == fact.agent,
                    "the chosen one leads at most ten candidates, for call ", whole.call);
    sightings_["rung with others"] += !book.offered_to.empty();
    sightings_["rung by name"] += fact.reason == "named";
    on_offered(whole.call, fact);
    book.offered_to.insert(fact.agent);
    book.offered = whole.at;
    book.affinity = fact.affinity;
    agent.engaged = whole.call;
}

void Ledger::begin_talk(CallBook& book, const std::string& agent, Wall at) {
    book.talks_to = agent.empty() ? std::string(kOutside) : agent;
    if (!agent.empty()) book.last_agent = agent;
    book.answered = at;
    book.had_answer = true;
    book.uncoded.insert(agent);
    book.holders.clear();
}

void Ledger::on(const call::Answered& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "Answered");
    verdict_.expect(book.talks_to.empty(), "call ", whole.call, " is answered by two agents");
    if (fact.queue.empty()) {
        verdict_.expect(!book.queued && (!book.was_queued || book.handed_on), "call ", whole.call, " between agents was in queue ",
                        book.queue);
        verdict_.expect(book.dialling.empty() && (book.handed_on || book.was_dialled == book.out), "call ", whole.call,
                        " is answered and still being dialled");
        book.between_agents = book.between_agents || !book.handed_on;
        book.handed_on = false;
        return begin_talk(book, fact.agent, whole.at);
    }
    verdict_.expect(book.offered_to.contains(fact.agent), "call ", whole.call,
                    " is answered by an agent whom it was not offered to");
    verdict_.expect(book.offered_to.size() <= 1, "call ", whole.call, " is answered and still rings elsewhere");
    verdict_.expect(!book.queued, "call ", whole.call, " is answered and still in the queue");
    // An agent who is called back with has answered long before the customer.
    verdict_.expect(!book.calls_back.empty() || about(fact.ring_ms, ms_between(book.offered, whole.at)), "ring time of call ",
                    whole.call, " is ", fact.ring_ms);
    offer_over(book, fact.agent, whole.at);
    begin_talk(book, fact.agent, whole.at);
    book.from_queue = true;
    on_answered(book, fact.agent);
}

void Ledger::on(const call::Held& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "Held");
    verdict_.expect(!book.talks_to.empty(), "call ", whole.call, " is held outside a conversation");
    verdict_.expect(book.holders.insert(fact.by).second, "call ", whole.call, " is held twice by the ", fact.by);
}

void Ledger::on(const call::Resumed& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "Resumed");
    verdict_.expect(book.holders.erase(fact.by) == 1, "call ", whole.call, " is resumed by one who did not hold: the ", fact.by);
    verdict_.expect(fact.held_ms >= 0, "call ", whole.call, " was held for ", fact.held_ms, " ms");
}

void Ledger::on(const call::SegmentEnded& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "SegmentEnded");
    verdict_.expect(fact.number.has_value() == fact.trunk.has_value(), "call ", whole.call, " has half a way out");
    if (fact.agent.empty()) {
        verdict_.expect(fact.result == "answered" && fact.queue.empty() && fact.number, "a part of call ", whole.call,
                        " is nobody's");
        return add_talk(book, fact, whole);
    }
    AgentBook& agent = agents_[fact.agent];
    if (fact.queue.empty()) return colleague_ended(book, agent, fact, whole);
    verdict_.expect(agent.engaged == whole.call, "agent ", fact.agent, " ends a part in call ", whole.call,
                    " that he did not have");
    const bool back = !book.calls_back.empty();  // an agent is kept before he rings, or has answered before the customer has
    verdict_.expect(back || fact.offered_at == (fact.answered_at ? fact.offered_at : book.offered), "the offer of call ",
                    whole.call, " began at another time");
    verdict_.expect(fact.ring_ms >= 0 && fact.talk_ms >= 0 && fact.hold_ms >= 0, "a negative duration in call ", whole.call);
    agent.engaged.reset();
    if (fact.result == "answered") return talk_ended(book, agent, fact, whole);
    verdict_.expect(book.offered_to.contains(fact.agent), "an offer of call ", whole.call, " ends that was not open");
    verdict_.expect(!fact.answered_at && fact.talk_ms == 0, "an offer of call ", whole.call, " that came to nothing has talk");
    verdict_.expect(back || about(fact.ring_ms, ms_between(fact.offered_at, whole.at)), "an offer of call ", whole.call,
                    " rang for ", fact.ring_ms);
    sightings_["rang until another one answered"] += fact.result == "elsewhere";
    sightings_["declined while others ring"] += fact.result == "rejected" && book.offered_to.size() > 1;
    offer_over(book, fact.agent, whole.at);
    missed(agent, fact, whole.at);
}

/// The time that phones rang counts once, however many of them.
void Ledger::offer_over(CallBook& book, const std::string& agent, Wall at) {
    if (book.offered_to.erase(agent) == 1 && book.offered_to.empty()) book.ring_ms += ms_between(book.offered, at);
}

void Ledger::colleague_ended(CallBook& book, const AgentBook& agent, const call::SegmentEnded& fact, const call::Fact& whole) {
    if (book.out) {  // also while he has a caller of a queue in his other ear
        verdict_.expect(fact.agent == book.caller && fact.result == "answered", "call ", whole.call, " has a part of agent ",
                        fact.agent, ": ", fact.result);
        return add_talk(book, fact, whole);
    }
    verdict_.expect(!agent.engaged && agent.state == "busy", "agent ", fact.agent, " was called by his number while he was ",
                    agent.state);
    const auto talks =
        std::ranges::count_if(live_, [&](const auto& each) { return !each.second->out && each.second->talks_to == fact.agent; });
    verdict_.expect(fact.result == "answered" ? talks == 1 : talks == 0, "agent ", fact.agent, " is in ", talks, " talks");
    book.between_agents = book.between_agents || !book.accepted;  // a menu's caller was accepted before
    book.ring_ms += fact.ring_ms;
    if (fact.result == "answered") add_talk(book, fact, whole);
}

void Ledger::talk_ended(CallBook& book, AgentBook& agent, const call::SegmentEnded& fact, const call::Fact& whole) {
    add_talk(book, fact, whole);
    const bool back = !book.calls_back.empty();
    verdict_.expect(back || about(fact.ring_ms, ms_between(fact.offered_at, *fact.answered_at)), "the phone of agent ", fact.agent,
                    " rang for ", fact.ring_ms, " before call ", whole.call, " was answered");
    agent.last_talk = whole.call;
    agent.last_queue = fact.queue;
    const auto* rules = queue(fact.queue);
    agent.last_wrapup = rules && rules->wrapup_mode != acd::WrapUpMode::None ? rules->wrapup : 0s;
    agent.until_done = rules && rules->wrapup_mode == acd::WrapUpMode::UntilDone;
}

void Ledger::add_talk(CallBook& book, const call::SegmentEnded& fact, const call::Fact& whole) {
    verdict_.expect(book.talks_to == (fact.agent.empty() ? std::string(kOutside) : fact.agent), "a conversation of call ",
                    whole.call, " ends that did not run");
    verdict_.expect(fact.answered_at == book.answered, "the conversation of call ", whole.call, " began at another time");
    verdict_.expect(about(fact.talk_ms + fact.hold_ms, ms_between(book.answered, whole.at)), "talk and hold of call ", whole.call,
                    " are ", fact.talk_ms, " and ", fact.hold_ms);
    book.talk_ms += fact.talk_ms;
    book.hold_ms += fact.hold_ms;
    book.talks_to.clear();
}

void Ledger::missed(AgentBook& agent, const call::SegmentEnded& fact, Wall at) {
    const auto* rules = queue(fact.queue);
    if (!rules || fact.result == "withdrawn" || fact.result == "elsewhere") return;
    const Duration delay = std::max({rules->missed_delay, rules->rejected_delay, rules->busy_delay, Duration(1s)});
    agent.delayed_until = at + std::chrono::duration_cast<std::chrono::microseconds>(delay);
}

void Ledger::on(const call::Dialled& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "Dialled");
    if (!book.calls_back.empty()) {
        dial_back(book, whole);
    } else {
        verdict_.expect(book.out ? fact.agent == book.caller : fact.agent.empty() && book.accepted && !book.queued, "call ",
                        whole.call, " is dialled by ", fact.agent);
    }
    verdict_.expect(book.dialling.empty() && book.talks_to.empty(), "call ", whole.call,
                    " is dialled through two trunks at a time");
    book.dialling = fact.trunk;
    book.dialled = whole.at;
    on_dialled(whole.call, fact);
    book.was_dialled = true;
}

void Ledger::on(const call::DialEnded& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "DialEnded");
    verdict_.expect(book.dialling == fact.trunk, "call ", whole.call, " ends dialling that was not under way");
    verdict_.expect(about(fact.ring_ms, ms_between(book.dialled, whole.at)), "trunk ", fact.trunk, " rang for call ", whole.call,
                    " ", fact.ring_ms);
    book.ring_ms += fact.ring_ms;
    book.dialling.clear();
    ++dial_results_[fact.result];
}

/// Only from the menu, and told once for each wish: in vain, or before the conversation.
void Ledger::on(const call::Transferred& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "Transferred");
    verdict_.expect(book.accepted && !book.queued && book.talks_to.empty() && book.dialling.empty() && !book.handed_on, "call ",
                    whole.call, " is handed on while it is elsewhere");
    verdict_.expect(!fact.agent || !fact.number, "call ", whole.call, " is handed on to two at a time");
    verdict_.expect(fact.ring_ms >= 0 && fact.ring_ms <= ms_between(book.arrived, whole.at), "call ", whole.call, " rang for ",
                    fact.ring_ms, " at whom a menu handed it on to");
    verdict_.expect(fact.result != "answered" || fact.agent || (fact.number && fact.trunk), "call ", whole.call,
                    " was handed on to nobody, who answered");
    book.handed_on = fact.result == "answered";
    ++transfers_[(fact.agent ? "agent " : fact.number ? "outside " : "nobody ") + fact.result];
}

void Ledger::on(const call::LegMeasured&, const call::Fact& whole) {
    verdict_.expect(calls_.contains(whole.call), "LegMeasured of a call that never arrived: ", whole.call);
}

void Ledger::on(const call::RecordingKept& fact, const call::Fact& whole) {
    verdict_.expect(calls_.contains(whole.call) && ++calls_[whole.call].recordings == 1, "call ", whole.call,
                    " has two recordings");
    verdict_.expect(fact.path.ends_with(hotline::to_text(whole.call) + ".wav"), "the recording of call ", whole.call, " is at ",
                    fact.path);
}

void Ledger::on(const call::RecordingMissed&, const call::Fact& whole) {
    verdict_.expect(calls_.contains(whole.call) && ++calls_[whole.call].recordings == 1, "call ", whole.call,
                    " has two recordings");
}

/// Before the end of the call or after it, as the disk has it.
void Ledger::on(const call::VoiceMessageLeft& fact, const call::Fact& whole) {
    verdict_.expect(calls_.contains(whole.call), "a message of a call that never arrived: ", whole.call);
    CallBook& book = calls_[whole.call];
    verdict_.expect(message_paths_.insert(fact.recording).second, "message ", fact.recording, " is told twice");
    verdict_.expect(fact.recording.find(hotline::to_text(whole.call) + "-message-") != std::string::npos, "the message of call ",
                    whole.call, " is at ", fact.recording);
    verdict_.expect(fact.caller == book.caller, "the message of call ", whole.call, " is of ", fact.caller);
    ++book.messages;
}

void Ledger::on(const call::VoiceMessageMissed&, const call::Fact& whole) {
    verdict_.expect(calls_.contains(whole.call), "a message of a call that never arrived: ", whole.call);
    ++calls_[whole.call].messages_missed;
}

void Ledger::on(const call::Surveyed& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "Surveyed");
    verdict_.expect(book.had_answer && book.talks_to.empty() && !book.queued, "call ", whole.call,
                    " is asked how it was while it is still going on");
    verdict_.expect(fact.agent == book.last_agent, "call ", whole.call, " is asked about ", fact.agent.value_or("nobody"));
    ++answers_[fact.answer.value_or("none")];
    ++book.questions;
}

// ── Callbacks: one a number, at its place, no try too many ──

bool Ledger::is_rescue(const std::string& name) const {
    const auto* rules = queue(name);
    return rules && rules->priority >= acd::kRescue;
}

Ledger::CallbackBook& Ledger::open_callback(const std::string& number, std::string_view kind) {
    verdict_.expect(callbacks_.contains(number), kind, " of a callback that is not open: ", number);
    return callbacks_[number];
}

void Ledger::on(const call::CallbackRequested& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "CallbackRequested");
    verdict_.expect(!callbacks_.contains(fact.number), "number ", fact.number, " has two callbacks");
    verdict_.expect(!book.queued || book.queue != fact.queue || about(ms_between(book.place, fact.place_from), 0), "call ",
                    whole.call, " loses its place to its callback");
    verdict_.expect(fact.place_from <= whole.at && fact.expires_at > whole.at, "the callback of ", fact.number,
                    " has a place in the future, or is over already");
    book.will_be_called_back = true;
    CallbackBook& callback = callbacks_[fact.number];
    callback = {fact.queue, fact.place_from, fact.priority, fact.skills, fact.agent.has_value()};
    callback.rescue = book.queued && book.queue == fact.queue ? book.rescue : is_rescue(fact.queue);
    callback.agent_first = fact.mode == "agent_first";
    callback.expires = fact.expires_at;
    ++sightings_["callback by " + fact.by];
}

void Ledger::learn(const call::CallbacksLeftOpen& left) {
    for (const auto& one : left.callbacks) {
        if (callbacks_.contains(one.number)) continue;
        CallbackBook& callback = callbacks_[one.number];
        callback.queue = one.queue;
        callback.place = one.place;
        callback.boost = one.priority;
        callback.expires = one.expires;
        callback.rescue = is_rescue(one.queue);
        for (const auto& [skill, level] : one.skills) callback.skills.push_back({skill, level});
        callback.not_before = one.not_before;
        callback.tries = one.tries;
        callback.agent_first = modes_[one.queue] == call::CallbackRules::Mode::AgentFirst;
    }
}

/// The call that is placed for it stands where he would stand.
void Ledger::begin_callback(CallBook& book, const call::CallArrived& fact, const call::Fact& whole) {
    const CallbackBook& callback = open_callback(fact.called, "CallArrived");
    verdict_.expect(!callback.dialled_by, "number ", fact.called, " is called back by two calls at a time: ", whole.call, " and ",
                    callback.dialled_by);
    book.calls_back = book.caller = fact.called;
    book.queue = callback.queue;
    book.place = callback.place;
    book.boost = callback.boost;
    book.skills = callback.skills;
    book.named = callback.named;
    book.rescue = callback.rescue;
}

/// The first trunk of a try.
void Ledger::dial_back(CallBook& book, const call::Fact& whole) {
    if (book.was_dialled) return;
    CallbackBook& callback = open_callback(book.calls_back, "Dialled");
    verdict_.expect(callback.may_try, "number ", book.calls_back, " is called once more after its last try");
    verdict_.expect(whole.at + 1ms >= callback.not_before, "number ", book.calls_back, " is called before the pause is over");
    callback.dialled_by = whole.call;
    callback.may_try = false;
    ++callback.tries;
    if (callback.agent_first) callback.waits = false;
}

void Ledger::on(const call::CallbackTried& fact, const call::Fact& whole) {
    CallbackBook& callback = open_callback(fact.number, "CallbackTried");
    verdict_.expect(calls_.contains(whole.call) && calls_[whole.call].calls_back == fact.number, "call ", whole.call,
                    " says what came of another's callback");
    verdict_.expect(fact.tries == callback.tries, "number ", fact.number, " was tried ", callback.tries, " times, and not ",
                    fact.tries);
    verdict_.expect(!fact.retry_at || fact.tries <= retries_[fact.queue], "number ", fact.number, " is tried again after try ",
                    fact.tries);
    const bool answered = fact.result == "answered";
    callback.waits = !answered;
    callback.may_try = fact.retry_at.has_value();
    callback.not_before = fact.retry_at.value_or(whole.at);
    ++sightings_["called back: " + fact.result];
}

void Ledger::on(const call::CallbackEnded& fact, const call::Fact&) {
    open_callback(fact.number, "CallbackEnded");
    callbacks_.erase(fact.number);
    ++sightings_["callback ended: " + fact.result];
}

void Ledger::on(const call::CallEnded& fact, const call::Fact& whole) {
    CallBook& book = open_book(whole, "a second CallEnded");
    const auto is_one_of = [](const std::string& word, std::initializer_list<const char*> words) {
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    book.ended = true;
    live_.erase(whole.call);
    ++outcomes_[fact.outcome];
    verdict_.expect(!book.queued, "call ", whole.call, " ends in queue ", book.queue);
    verdict_.expect(book.offered_to.empty() && book.talks_to.empty(), "call ", whole.call, " ends with an agent in it");
    verdict_.expect(book.dialling.empty(), "call ", whole.call, " ends and is still being dialled");
    verdict_.expect(fact.started_at == book.arrived, "call ", whole.call, " started when it did not arrive");
    book.outcome = fact.outcome;
    verdict_.expect(is_one_of(fact.outcome, {"answered", "abandoned", "self_service", "callback", "voice_message", "overflow",
                                             "rejected", "failed"}),
                    "outcome of call ", whole.call, " is ", fact.outcome);
    verdict_.expect(fact.outcome != "callback" || book.will_be_called_back, "call ", whole.call,
                    " ends with a callback that nobody asked for");
    verdict_.expect(is_one_of(fact.hangup_by, {"caller", "agent", "called", "system"}), "call ", whole.call, " is hung up by ",
                    fact.hangup_by);
    verdict_.expect((fact.outcome == "answered") == book.had_answer, "outcome of call ", whole.call, " is ", fact.outcome);
    // Who calls out is its agent once he may, whether or not a trunk was there.
    const bool his = book.out && fact.agent == book.caller;
    const bool back = !book.calls_back.empty();
    if (back && callbacks_.contains(book.calls_back) && callbacks_[book.calls_back].dialled_by == whole.call)
        callbacks_[book.calls_back].dialled_by = {};
    verdict_.expect(his || ((!book.was_dialled || !book.out || back) && fact.agent.value_or("") == book.last_agent),
                    "agent of call ", whole.call, " is ", fact.agent.value_or("nobody"));
    verdict_.expect(book.from_queue ? fact.affinity == book.affinity : book.had_answer || fact.affinity != "hit",
                    "affinity of call ", whole.call, " is ", fact.affinity);
    verdict_.expect(!book.was_queued || fact.queue.has_value(), "call ", whole.call, " was in a queue and says in none");
    verdict_.expect(fact.ivr_ms >= 0 && fact.wait_ms >= 0 && fact.ring_ms >= 0 && fact.talk_ms >= 0 && fact.hold_ms >= 0,
                    "a negative duration in call ", whole.call);
    verdict_.expect(fact.ivr_ms + fact.wait_ms + fact.talk_ms + fact.hold_ms <= ms_between(book.arrived, whole.at) + 1,
                    "the parts of call ", whole.call, " last longer than the whole");
    verdict_.expect(book.between_agents || book.out || fact.ring_ms <= fact.wait_ms + 2, "call ", whole.call,
                    " rang longer than it waited: ", fact.ring_ms);
    verdict_.expect(std::abs(fact.talk_ms - book.talk_ms) <= 5 && std::abs(fact.hold_ms - book.hold_ms) <= 5, "call ", whole.call,
                    " does not add up: talk ", fact.talk_ms, " and ", book.talk_ms, ", hold ", fact.hold_ms, " and ", book.hold_ms);
    verdict_.expect(back || std::abs(fact.ring_ms - book.ring_ms) <= 20, "call ", whole.call, " rang ", fact.ring_ms, " and ",
                    book.ring_ms);
    verdict_.expect(fact.wait_ms + 10 >= book.queue_ms, "call ", whole.call, " waited ", fact.wait_ms, " and ", book.queue_ms);
}

void Ledger::on(const call::WrapUpEnded& fact, const call::Fact& whole) {
    AgentBook& agent = agents_[fact.agent];
    verdict_.expect(agent.last_queue == fact.queue, "wrap-up of agent ", fact.agent, " is counted for queue ", fact.queue);
    verdict_.expect(agent.last_talk == whole.call, "wrap-up of agent ", fact.agent, " belongs to a call that was not his last");
    verdict_.expect(agent.state == "wrap_up", "wrap-up of agent ", fact.agent, " ends while he is ", agent.state);
    verdict_.expect(fact.how != "deadline" || fact.wrapup_ms == to_ms(agent.last_wrapup), "wrap-up of agent ", fact.agent,
                    " lasted ", fact.wrapup_ms, " instead of ", to_ms(agent.last_wrapup));
    agent.last_talk = {};
}

/// A survey may lead the caller back into a queue: then two agents have a word on one call, or one has two.
void Ledger::on(const call::CallCoded& fact, const call::Fact& whole) {
    const auto found = calls_.find(whole.call);
    verdict_.expect(found != calls_.end() && found->second.uncoded.erase(fact.agent) == 1, "agent ", fact.agent, " says what call ",
                    whole.call, " was about, in which no conversation of his is without a code");
    verdict_.expect(!fact.code.empty() && (fact.how == "agent" || fact.how == "default"), "call ", whole.call, " has the code ",
                    fact.code, " by ", fact.how);
    ++sightings_["code by " + fact.how];
}

void Ledger::on(const call::AgentChanged& fact, const call::Fact& whole) {
    AgentBook& agent = agents_[fact.agent];
    verdict_.expect(fact.previous == agent.state, "agent ", fact.agent, " was ", agent.state, " and not ", fact.previous);
    if (!agent.state.empty()) {
        verdict_.expect(fact.previous_from == agent.since, "the stretches of agent ", fact.agent, " leave a gap");
        verdict_.expect(about(fact.previous_ms, ms_between(agent.since, whole.at)), "a stretch of agent ", fact.agent, " lasted ",
                        fact.previous_ms);
    }
    verdict_.expect(!fact.state.empty(), "agent ", fact.agent, " is nothing");
    agent.previous = std::exchange(agent.state, fact.state);
    agent.since = whole.at;
}

}  // namespace hotline::sim
