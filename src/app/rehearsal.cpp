#include "app/rehearsal.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "hotline/call/number.h"

namespace hotline::app {
namespace {

constexpr int kMaxSteps = 1000;
const std::pair<std::string, std::string> kCaller{"caller", ""};  // one calls here
constexpr std::string_view kPhoneKeys = "0123456789*#";
constexpr auto kSpokenByte = std::chrono::milliseconds(60);  // about five Chinese characters a second; no flow depends on it

bool is_long_number(const std::string& keys) {
    return keys.size() > 1 && keys.find_first_not_of("0123456789") == std::string::npos;
}

std::string words_of(const std::vector<ivr::Utterance>& utterances) {
    std::string out;
    for (const auto& utterance : utterances) {
        if (!out.empty()) out += ' ';
        out += utterance.text.empty() ? '[' + utterance.name + ']' : utterance.text;  // a recording has nothing to read
    }
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out;
}

class Rehearsal {
  public:
    Rehearsal(std::shared_ptr<const ivr::Program> program, ivr::Party party, Wall start, const NextKeys& next_keys,
              const PrintLine& print, const AnswerLookup& look_up, const NextTransfer& next_transfer)
        : machine_(std::move(program), std::move(party)),
          wall_(start),
          next_keys_(next_keys),
          print_(print),
          look_up_(look_up),
          next_transfer_(next_transfer) {}

    Outcome run() {
        tell(ivr::Started{});
        for (int steps = 0; steps < kMaxSteps; ++steps) {
            if (spins_)
                return Error{ErrorKind::Invalid, "the flow goes round at node \"" + std::string(machine_.node()) +
                                                     "\" without a word: `hotlined check` tells why."};
            if (std::holds_alternative<ivr::EndCall>(pending_)) return end("hangup");
            if (const auto* queue = std::get_if<ivr::Enqueue>(&pending_)) return end("queue " + queue->queue);
            if (const auto* wish = std::get_if<ivr::TransferTo>(&pending_)) {
                print_("transfer " + (wish->head_of.empty() ? wish->to : "head of " + wish->head_of));
                const auto news = next_transfer_ ? next_transfer_() : std::nullopt;
                if (!news) return Done{};
                wall_ += std::chrono::duration_cast<std::chrono::microseconds>(wish->ring);
                tell(*news);
            } else if (const auto* say = std::get_if<ivr::SayThese>(&pending_)) {
                hear(*say);
            } else if (const auto* question = std::get_if<ivr::AskTables>(&pending_)) {
                tell(reply_to(ivr::AskTables(*question)));
            } else if (std::holds_alternative<ivr::AskWeb>(pending_)) {
                tell(ivr::Reply{});
            } else if (const auto* listen = std::get_if<ivr::Listen>(&pending_)) {
                answer(*listen);
            } else if (const auto* request = std::get_if<ivr::RequestCallback>(&pending_)) {
                promise(ivr::RequestCallback(*request));
            } else {
                leave_message();
            }
        }
        return Error{ErrorKind::TimedOut, "the flow is not over after 1000 steps; it stands at node \"" +
                                              std::string(machine_.node()) + "\". Lead its silent caller to a hangup or a queue."};
    }

  private:
    void tell(const ivr::Input& input) {
        auto step = machine_.resume(input, wall_);
        for (const auto& effect : step.effects) show(effect);
        spins_ |= step.gave_up;
        for (const auto& [question, answer] : step.answers) print_("survey " + question + ' ' + answer.value_or("-"));
        if (step.action) pending_ = std::move(*step.action);
    }

    void show(const ivr::Effect& effect) {
        if (const auto* application = std::get_if<ivr::Application>(&effect)) {
            std::string line = "apply " + application->action + ' ' + application->what;
            for (const auto& part : {application->id, application->name})
                if (part) line += ' ' + *part;
            for (const auto& [name, value] : application->details) line += ' ' + name + '=' + value;
            print_(line);
        }
        if (const auto* message = std::get_if<ivr::ShortMessage>(&effect)) print_("sms " + message->to + ' ' + message->text);
        if (const auto* served = std::get_if<ivr::Served>(&effect)) {
            std::string line = "count " + served->what;
            for (const auto& part : {served->id, served->name})
                if (part) line += ' ' + *part;
            print_(line);
        }
    }

    /// A guard counts as the store's does (guard_sql.h), but forgets with the call.
    ivr::Reply reply_to(ivr::AskTables question) {
        const auto guard = std::exchange(question.guard, std::nullopt);
        if (guard && (is_locked(*guard, claim(*guard)) || is_locked(*guard, kCaller))) return {ivr::Reply::Kind::Locked, {}, {}};
        auto reply = look_up_ ? look_up_(question) : ivr::Reply{};
        if (reply.kind == ivr::Reply::Kind::TimedOut)
            wall_ += std::chrono::duration_cast<std::chrono::microseconds>(question.timeout);
        if (!guard || reply.kind != ivr::Reply::Kind::Found) return reply;
        if (!reply.rows.empty()) {
            tries_.erase(claim(*guard));
            return reply;
        }
        const bool member = try_was_wrong(*guard, claim(*guard)), caller = try_was_wrong(*guard, kCaller);
        return member || caller ? ivr::Reply{ivr::Reply::Kind::Locked, {}, {}} : reply;
    }

    using Claim = std::pair<std::string, std::string>;  // scope, key
    struct Tries {
        int wrong = 0;
        Wall last{};
        std::optional<Wall> locked_until{};
    };
    static Claim claim(const ivr::AskTables::Guard& guard) { return {guard.scope, guard.key}; }

    /// A lock that is over, and tries as old as a lock is long, are forgotten.
    bool is_locked(const ivr::AskTables::Guard& guard, const Claim& of) {
        Tries& tries = tries_[of];
        const auto lock = std::chrono::duration_cast<std::chrono::microseconds>(guard.lock);
        if (tries.locked_until ? *tries.locked_until <= wall_ : tries.last + lock < wall_) tries = {};
        return tries.locked_until.has_value();
    }
    bool try_was_wrong(const ivr::AskTables::Guard& guard, const Claim& of) {
        Tries& tries = tries_[of];
        tries.last = wall_;
        if (++tries.wrong >= guard.attempts)
            tries.locked_until = wall_ + std::chrono::duration_cast<std::chrono::microseconds>(guard.lock);
        return tries.locked_until.has_value();
    }

    /// The list is empty here, and the house is open: only a number that is none is refused.
    void promise(const ivr::RequestCallback& wish) {
        const bool is_number = call::read_number(wish.number).has_value();
        print_("callback " + wish.queue + ' ' + wish.number);
        tell(is_number ? ivr::CallbackAnswer::Taken : ivr::CallbackAnswer::Refused);
    }

    Outcome end(const std::string& line) {
        print_(line);
        return Done{};
    }

    void hear(const ivr::SayThese& say) {
        const std::string words = words_of(say.utterances);
        print_("say " + words);
        wall_ += kSpokenByte * words.size();
        tell(ivr::PromptEnded{});
    }

    void answer(const ivr::Listen& listen) {
        const auto keys = next_keys_();
        if (!keys || keys->empty()) {
            wall_ += std::chrono::duration_cast<std::chrono::microseconds>(listen.timeout);
            return tell(ivr::TimerFired{});
        }
        show_keys(*keys);
        for (const char key : *keys) tell(ivr::Digit{key});
    }

    /// Not a PIN: what is printed is kept by whoever ran it.
    void show_keys(const std::string& keys) { print_("key " + (machine_.takes_secret() ? "****" : keys)); }

    /// He speaks until he is silent, or presses the keys that come next; an empty group: he says nothing.
    void leave_message() {
        if (const auto* take = std::get_if<ivr::TakeMessage>(&pending_)) return speak(ivr::TakeMessage(*take));
        if (std::holds_alternative<ivr::PlayMessage>(pending_)) {
            print_("say [message]");
            return tell(ivr::PromptEnded{});
        }
        const bool kept = std::holds_alternative<ivr::KeepMessage>(pending_);
        if (kept) print_("keep " + what_);
        tell(kept ? ivr::MessageNews::Kept : ivr::MessageNews::Spoken);
    }

    void speak(const ivr::TakeMessage& take) {
        what_ = take.what;
        print_("record " + what_);
        wall_ += std::chrono::duration_cast<std::chrono::microseconds>(take.longest);
        const auto keys = next_keys_();
        if (keys && keys->empty()) return tell(ivr::MessageNews::Silent);
        if (!keys) return tell(ivr::MessageNews::Spoken);
        show_keys(*keys);
        for (const char key : *keys) tell(ivr::Digit{key});
        if (std::holds_alternative<ivr::TakeMessage>(pending_)) tell(ivr::MessageNews::Spoken);  // keys that ended nothing
    }

    ivr::Machine machine_;
    Wall wall_;
    const NextKeys& next_keys_;
    const PrintLine& print_;
    const AnswerLookup& look_up_;
    const NextTransfer& next_transfer_;
    std::map<Claim, Tries> tries_;
    ivr::Action pending_ = ivr::EndCall{};
    bool spins_ = false;
    std::string what_;  // the message is about
};

}  // namespace

Result<std::vector<std::string>> key_groups(const std::string& script) {
    std::vector<std::string> out;
    for (std::size_t from = 0; from <= script.size();) {
        const auto comma = std::min(script.find(',', from), script.size());
        const std::string group = script.substr(from, comma - from);
        if (group.find_first_not_of(kPhoneKeys) != std::string::npos)
            return Error{
                ErrorKind::Invalid,
                "\"" + group +
                    "\" are no keys of a phone. Keys are 0 to 9, * and #, groups of them with commas between, as in 4,10001,#."};
        if (group == "#" && !out.empty() && is_long_number(out.back())) {
            out.back() += group;
        } else {
            out.push_back(group);
        }
        from = comma + 1;
    }
    return out;
}

Outcome rehearse(std::shared_ptr<const ivr::Program> program, ivr::Party party, Wall start, const NextKeys& next_keys,
                 const PrintLine& print, const AnswerLookup& look_up, const NextTransfer& next_transfer) {
    return Rehearsal(std::move(program), std::move(party), start, next_keys, print, look_up, next_transfer).run();
}

Result<std::vector<ivr::TransferNews>> transfer_news(const std::string& script) {
    using News = ivr::TransferNews;
    const std::map<std::string, News> words{
        {"busy", News::Busy}, {"no_answer", News::NoAnswer}, {"failed", News::Failed}, {"over", News::Over}};
    std::vector<News> out;
    for (std::size_t from = 0; from <= script.size();) {
        const auto comma = std::min(script.find(',', from), script.size());
        const auto found = words.find(script.substr(from, comma - from));
        if (found == words.end())
            return Error{ErrorKind::Invalid,
                         "\"" + script.substr(from, comma - from) +
                             "\" can come of no transfer. Write busy, no_answer, failed or over, with commas between."};
        out.push_back(found->second);
        from = comma + 1;
    }
    return out;
}

std::optional<Wall> wall_of(const std::string& local, const std::string& time_zone) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, end = 0;
    const int read = std::sscanf(local.c_str(), "%4d-%2d-%2dT%2d:%2d%n", &year, &month, &day, &hour, &minute, &end);
    const auto ymd = std::chrono::year(year) / month / day;
    if (read != 5 || static_cast<std::size_t>(end) != local.size() || !ymd.ok() || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59)
        return std::nullopt;
    // First as if the zone were UTC; what the zone's clock shows then tells how far it is from there.
    const Wall wanted = std::chrono::sys_days(ymd) + std::chrono::hours(hour) + std::chrono::minutes(minute);
    Wall wall = wanted;
    for (int corrections = 0; corrections < 2; ++corrections) {  // twice: the first may have crossed a change of the zone's offset
        const auto shown = ivr::local_time(time_zone, wall);
        if (!shown) return std::nullopt;
        wall += wanted - (std::chrono::sys_days(std::chrono::year(shown->year) / shown->month / shown->day) +
                          std::chrono::minutes(shown->minute));
    }
    return wall;
}

}  // namespace hotline::app
