// Nodes that ask the outside (lookup, http), hand the caller on to it (transfer) or leave something for it (apply, sms), and what
// is counted.
//
//   lookup ─ AskTables ─▶ Reply ─ no list ─▶ variables ─▶ found
//                           └──── list ─▶ a page is read out ◀─ next, repeat ─┐
//                                             └─ a key ───────────────────────┴─▶ chosen, or found: the list is over
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turn.h"
#include "written.h"

namespace hotline::ivr {

/// A part of Machine's turn, which it works on by static_cast.
template <class Turn>
class OutsideNodes {
  protected:
    // ── Nodes that ask the outside ──

    Next step(const Lookup& lookup, const Happening& what) {
        if (std::holds_alternative<Entered>(what)) return ask(lookup);
        if (const auto* reply = std::get_if<Reply>(&what)) return take(lookup, *reply);
        if (lookup.list && !machine().told_.rows.empty()) return hear_list(lookup, what);
        if (const auto* digit = std::get_if<Digit>(&what)) {
            turn().keep(digit->key);
            return kStay;
        }
        return lookup.failed;
    }

    Next ask(const Lookup& lookup) {
        if (!lookup.query) return lookup.failed;
        machine().told_ = {};
        machine().row_ = 0;
        machine().invalid_ = machine().no_input_ = 0;
        AskTables wish{lookup.query, {}, lookup.max_rows, lookup.timeout, lookup.cache, std::nullopt};
        for (const auto& parameter : lookup.parameters) {
            wish.values.push_back(parameter.value.text(turn()));
            wish.secret |= turn().mentions_secret(parameter.value.variables());
        }
        if (wish.secret) wish.cache = Duration::zero();  // nobody keeps it
        if (lookup.guard) {
            const auto& guard = *lookup.guard;
            auto key = told(guard.key);  // it is written down
            if (!key) return lookup.failed;
            wish.guard = AskTables::Guard{guard.scope, std::move(*key), machine().party_.caller, guard.attempts, guard.lock};
        }
        turn().want(Machine::Under::Asking, std::move(wish));
        return kStay;
    }

    Next take(const Lookup& lookup, const Reply& reply) {
        if (reply.kind == Reply::Kind::Locked && lookup.guard) return lookup.guard->locked;
        if (reply.kind != Reply::Kind::Found) return lookup.failed;
        if (reply.rows.empty()) return lookup.nothing;
        for (const auto& column : lookup.gives)
            if (std::find(reply.columns.begin(), reply.columns.end(), column) == reply.columns.end()) return lookup.failed;
        if (lookup.list) {
            machine().told_ = reply;
            if (lookup.list->chosen) turn().leave_trail();  // what is chosen from is what one comes back to
            if (!lookup.list->chosen && turn().node().counts) count(*turn().node().counts);
            return read_page(lookup);
        }
        give(lookup, reply.columns, reply.rows.front());
        return lookup.found;
    }

    /// The columns of this row become variables.
    void give(const Lookup& lookup, const std::vector<std::string>& columns, const Reply::Row& row) {
        for (const auto& name : lookup.gives) {
            const auto at = static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
            assign(name, at < row.size() ? row[at] : std::nullopt);
        }
        if (turn().node().counts) count(*turn().node().counts);
    }

    Next read_page(const Lookup& lookup) {
        if (!machine().typed_.empty()) return list_key(lookup, turn().take_typed());
        const auto& list = *lookup.list;
        std::vector<Utterance> said;
        const auto end = std::min(machine().row_ + static_cast<std::size_t>(list.page), machine().told_.rows.size());
        for (std::size_t row = machine().row_; row < end; ++row) {
            row_aloud_ = row;
            auto [utterance, whole] = turn().sentence(list.text);
            if (!utterance.text.empty()) said.push_back(std::move(utterance));
        }
        row_aloud_.reset();
        const auto& hints = has_more(list) ? list.more : machine().told_.cut ? list.cut : list.end;
        for (auto& hint : turn().words({&hints})) said.push_back(std::move(hint));
        return turn().say(true, std::move(said)) ? kStay : turn().listen(list.timeout);
    }

    bool has_more(const Lookup::List& list) const {
        return machine().row_ + static_cast<std::size_t>(list.page) < machine().told_.rows.size();
    }

    Next hear_list(const Lookup& lookup, const Happening& what) {
        if (const auto* digit = std::get_if<Digit>(&what)) return list_key(lookup, digit->key);
        if (std::holds_alternative<TimerFired>(what))
            return ++machine().no_input_ >= kListSilences ? leave_list(lookup.found) : read_page(lookup);
        return turn().listen(lookup.list->timeout);
    }

    Next list_key(const Lookup& lookup, char key) {
        const auto& list = *lookup.list;
        machine().no_input_ = 0;
        if (key == list.back) return leave_list(turn().was_led() ? *turn().back() : lookup.found);
        if (key == list.repeat) return read_page(lookup);
        if (key == list.next && has_more(list)) {
            machine().row_ += static_cast<std::size_t>(list.page);
            return read_page(lookup);
        }
        const auto row = machine().row_ + static_cast<std::size_t>(key - '1');
        if (list.chosen && key >= '1' && key < '1' + list.page && row < machine().told_.rows.size()) {
            give(lookup, machine().told_.columns, machine().told_.rows[row]);
            return leave_list(*list.chosen);
        }
        if (const auto next = turn().anywhere(key)) {
            machine().told_ = {};
            return *next;
        }
        machine().typed_.clear();
        return ++machine().invalid_ >= kListMistakes ? leave_list(lookup.found) : read_page(lookup);
    }

    Next leave_list(NodeIndex next) {
        machine().told_ = {};
        return next;
    }

    Next step(const Webhook& hook, const Happening& what) {
        if (const auto* digit = std::get_if<Digit>(&what)) {
            turn().keep(digit->key);
            return kStay;
        }
        if (std::holds_alternative<TimerFired>(what)) return hook.timed_out;
        if (const auto* reply = std::get_if<Reply>(&what)) return take(hook, *reply);
        AskWeb wish{hook.method, hook.url, {}, {}, hook.timeout};
        const bool in_address = hook.method == "GET";  // which servers on the way write down
        for (const auto& field : hook.body)
            wish.body.emplace_back(field.name, in_address ? told(field.value) : field.value.text(turn()));
        for (const auto& gift : hook.gives) wish.pointers.push_back(gift.pointer);
        turn().want(Machine::Under::Asking, std::move(wish));
        return kStay;
    }

    Next take(const Webhook& hook, const Reply& reply) {
        if (reply.kind == Reply::Kind::TimedOut) return hook.timed_out;
        if (reply.kind != Reply::Kind::Found || reply.rows.size() != 1) return hook.failed;
        const auto& row = reply.rows.front();
        for (std::size_t i = 0; i < hook.gives.size(); ++i) assign(hook.gives[i].variable, i < row.size() ? row[i] : std::nullopt);
        return hook.next;
    }

    // ── A node that hands the caller on ──

    Next step(const Transfer& transfer, const Happening& what) {
        if (const auto* news = std::get_if<TransferNews>(&what)) {
            switch (*news) {
                case TransferNews::Busy: return transfer.busy;
                case TransferNews::NoAnswer: return transfer.no_answer;
                case TransferNews::Failed: return transfer.failed;
                case TransferNews::Over: break;
            }
            if (transfer.after) return *transfer.after;
            turn().want(Machine::Under::Ended, EndCall{});
            return kStay;
        }
        if (const auto next = turn().typed_anywhere()) return *next;
        machine().typed_.clear();  // what he typed minutes ago must not choose anything afterwards
        return hand_on(transfer);
    }

    Next hand_on(const Transfer& transfer) {
        TransferTo wish{transfer.to, transfer.head_of};
        if (transfer.named) {
            turn().aloud_ = true;  // who is rung stands in reports: a secret is not known here
            auto to = transfer.named->text(turn());
            turn().aloud_ = false;
            if (!to || to->empty()) return transfer.failed;
            wish.only = transfer.only;
            if (!is_from_site(*transfer.named, *to)) wish.only->prefixes.clear();
            wish.to = std::move(*to);
        }
        wish.announcement = turn().words({&transfer.announcement});
        if (const auto music = turn().best(transfer.music); music != transfer.music.end()) wish.music = music->second;
        wish.ring = transfer.ring;
        wish.comes_back = transfer.after.has_value();
        turn().want(Machine::Under::Transferring, std::move(wish));
        return kStay;
    }

    /// Exactly what a lookup or a web answer told, so that the caller had no hand in it.
    bool is_from_site(const Expression& expression, const std::string& text) {
        const auto names = expression.variables();
        if (names.size() != 1 || !machine().from_site_.contains(*names.begin())) return false;
        const auto found = machine().variables_.find(*names.begin());
        return found != machine().variables_.end() && found->second == text;
    }

    // ── Nodes that leave something behind ──

    Next step(const Apply& apply, const Happening&) {
        Application left{apply.what, apply.action, told(apply.id), told(apply.name), {}};
        for (const auto& [name, value] : apply.details)
            if (auto text = told(value)) left.details.emplace_back(name, std::move(*text));
        turn().step_.effects.push_back(std::move(left));
        return apply.next;
    }

    Next step(const Sms& sms, const Happening&) {
        auto to = sms.to ? told(sms.to) : std::optional(machine().party_.caller);
        const auto found = turn().best(sms.text);
        if (!to || !is_reachable(*to) || found == sms.text.end()) return sms.failed;
        turn().aloud_ = true;
        auto written = found->second.speak(turn(), kFigures);
        turn().aloud_ = false;
        if (written.text.empty()) return sms.failed;
        turn().step_.effects.push_back(ShortMessage{std::move(*to), std::move(written.text), found->first});
        return sms.next;
    }

    void count(const Counts& counts) { turn().step_.effects.push_back(Served{counts.what, told(counts.id), told(counts.name)}); }

    /// What others will read, hear or keep: nothing that is masked.
    std::optional<std::string> told(const std::optional<Expression>& value) {
        if (!value) return std::nullopt;
        turn().aloud_ = true;
        auto text = value->text(turn());
        turn().aloud_ = false;
        return text;
    }

    /// What was masked stays masked: an answer may be an echo.
    void assign(const std::string& variable, const std::optional<std::string>& value) {
        machine().from_site_.erase(variable);
        machine().variables_.erase(variable);
        if (!value) return;
        machine().variables_[variable] = *value;
        machine().from_site_.insert(variable);
    }

    /// What a list's sentence asks of the row that is being said. Nothing: it is no column. (Two levels: a column, then its value.)
    std::optional<std::optional<std::string>> of_row(const std::string& name) const {
        if (!row_aloud_) return std::nullopt;
        if (name == kItem) return std::to_string(*row_aloud_ - machine().row_ + 1);
        const auto& told = machine().told_;
        const auto at = static_cast<std::size_t>(std::find(told.columns.begin(), told.columns.end(), name) - told.columns.begin());
        if (at >= told.columns.size()) return std::nullopt;
        const auto& row = told.rows[*row_aloud_];
        return at < row.size() ? row[at] : std::nullopt;
    }

  private:
    static constexpr std::string_view kFigures = "";            // no language: values are written, not spelt out
    static constexpr int kListSilences = 2, kListMistakes = 3;  // then a list is over
    static constexpr std::string_view kItem = "item";           // in a list's sentence: which one of the page

    /// What a short message can be sent to.
    static bool is_reachable(std::string_view number) {
        const auto digits = number.substr(number.starts_with('+') ? 1 : 0);
        return digits.size() >= 3 && digits.size() <= 20 && std::all_of(digits.begin(), digits.end(), is_digit);
    }

    Turn& turn() { return static_cast<Turn&>(*this); }
    const Turn& turn() const { return static_cast<const Turn&>(*this); }
    Machine& machine() { return turn().m_; }
    const Machine& machine() const { return turn().m_; }

    std::optional<std::size_t> row_aloud_;  // the row of a list that is being said
};

}  // namespace hotline::ivr
