// Nodes in which the caller says something for others: voice messages (record) and questions of a survey.
//
//   record ─ greeting ─▶ TakeMessage ─▶ Spoken ─ no review ────────────────────▶ KeepMessage ─▶ Kept ─▶ next
//               ▲                          │ └── review ◀─ PlayMessage ─┐             ▲
//               └──────── Silent, again ◀──┘       └─ a key ────────────┴─ keep ──────┘
#pragma once
#include <algorithm>
#include <optional>
#include <vector>

#include "turn.h"

namespace hotline::ivr {

/// A part of Machine's turn, which it works on by static_cast.
template <class Turn>
class MessageNodes {
  protected:
    // ── A voice message ──

    Next step(const Record& record, const Happening& what) {
        if (std::holds_alternative<Entered>(what)) return invite(record);
        if (const auto* news = std::get_if<MessageNews>(&what)) return on_news(record, *news);
        const auto* digit = std::get_if<Digit>(&what);
        if (machine().message_ == Message::Review || machine().message_ == Message::Heard) {
            if (digit) return review(record, digit->key);
            if (machine().message_ == Message::Heard) return offer_review(record);
            return std::holds_alternative<TimerFired>(what) ? keep_message() : turn().listen(record.review->timeout);
        }
        if (!digit) return take_message(record);  // the greeting is over
        if (machine().message_ == Message::Speaking && digit->key == record.end_key) {
            turn().want(Machine::Under::Recording, EndMessage{});
            return kStay;
        }
        if (const auto next = turn().anywhere(digit->key)) {
            if (machine().message_ == Message::Speaking) turn().step_.drops_message = true;
            return *next;
        }
        return machine().message_ == Message::Greeting ? take_message(record) : kStay;
    }

    Next invite(const Record& record) {
        machine().invalid_ = machine().silent_ = 0;
        if (const auto next = turn().typed_anywhere()) return *next;
        machine().typed_.clear();
        machine().message_ = Message::Greeting;
        return turn().say(true, turn().words({&record.greeting})) ? kStay : take_message(record);
    }

    Next take_message(const Record& record) {
        machine().message_ = Message::Speaking;
        turn().want(Machine::Under::Recording,
                    TakeMessage{record.what, record.queue, record.beep, record.shortest, record.longest, record.silence});
        return kStay;
    }

    Next on_news(const Record& record, MessageNews news) {
        switch (news) {
            case MessageNews::Spoken: return record.review ? offer_review(record) : keep_message();
            case MessageNews::Silent: break;
            case MessageNews::Kept: return record.next;
            case MessageNews::Lost: return record.failed;
        }
        if (++machine().silent_ >= record.max_silent) return record.silent;
        machine().message_ = Message::Greeting;
        return turn().say(true, turn().words({&tapered(record.on_silent, machine().silent_)})) ? kStay : take_message(record);
    }

    Next offer_review(const Record& record) {
        machine().message_ = Message::Review;
        return turn().say(true, turn().words({&record.review->prompt})) ? kStay : turn().listen(record.review->timeout);
    }

    Next review(const Record& record, char key) {
        const auto& keys = *record.review;
        if (key == keys.keep) return keep_message();
        if (key == keys.listen) {
            machine().message_ = Message::Heard;
            turn().want(Machine::Under::Saying, PlayMessage{});
            return kStay;
        }
        if (key == keys.again) return take_message(record);
        if (key == keys.discard) {
            turn().step_.drops_message = true;
            return record.discarded;
        }
        if (const auto next = turn().anywhere(key)) {
            turn().step_.drops_message = true;
            return *next;
        }
        return ++machine().invalid_ >= kMaxInvalidReviews ? keep_message() : offer_review(record);
    }

    Next keep_message() {
        turn().want(Machine::Under::Keeping, KeepMessage{});
        return kStay;
    }

    // ── A question of a survey ──

    Next step(const Survey& survey, const Happening& what) {
        if (std::holds_alternative<Entered>(what)) {
            machine().typed_.clear();  // nobody answers a question that he has not heard
            machine().invalid_ = machine().no_input_ = 0;
            return put(survey, {});
        }
        if (const auto* digit = std::get_if<Digit>(&what)) return answer(survey, digit->key);
        if (!std::holds_alternative<TimerFired>(what)) return turn().listen(survey.timeout);
        if (++machine().no_input_ >= survey.max_no_input) return unanswered(survey);
        return put(survey, tapered(survey.on_no_input, machine().no_input_));
    }

    Next put(const Survey& survey, const std::vector<Prompt>& before) {
        return turn().say(true, turn().words({&before, &survey.prompt})) ? kStay : turn().listen(survey.timeout);
    }

    Next answer(const Survey& survey, char key) {
        const auto found =
            std::find_if(survey.answers.begin(), survey.answers.end(), [key](const auto& answer) { return answer.key == key; });
        if (found != survey.answers.end()) {
            turn().step_.answers.push_back({survey.question, found->answer});
            return survey.next;
        }
        if (const auto next = turn().anywhere(key)) {
            turn().step_.answers.push_back({survey.question, std::nullopt});
            return *next;
        }
        if (++machine().invalid_ >= survey.max_invalid) return unanswered(survey);
        return put(survey, tapered(survey.on_invalid, machine().invalid_));
    }

    Next unanswered(const Survey& survey) {
        turn().step_.answers.push_back({survey.question, std::nullopt});
        return survey.unanswered;
    }

  private:
    using Message = Machine::Message;
    static constexpr int kMaxInvalidReviews = 3;  // then it is kept

    Turn& turn() { return static_cast<Turn&>(*this); }
    Machine& machine() { return turn().m_; }
};

}  // namespace hotline::ivr
