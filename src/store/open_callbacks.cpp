#include "store/open_callbacks.h"

#include <charconv>

#include "hotline/base/text.h"

namespace hotline::store {
namespace {

enum Column {
    kCallback,
    kCall,
    kCaller,
    kNumber,
    kQueue,
    kLanguage,
    kAgent,
    kPlace,
    kExpires,
    kNotBefore,
    kTries,
    kPriority,
    kSkills,
    kServed
};

std::int64_t number_in(std::string_view text) {
    std::int64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

/// Up to `mark`, which is cut off with it.
std::string_view cut(std::string_view& text, char mark) {
    const auto end = text.find(mark);
    const auto part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    return part;
}

Wall wall(const Rows& rows, int row, Column column) { return Wall(std::chrono::microseconds(rows.integer(row, column))); }

}  // namespace

call::CallbacksLeftOpen callbacks_from(const Rows& rows) {
    call::CallbacksLeftOpen out;
    for (int row = 0; row < rows.size(); ++row) {
        call::CallbacksLeftOpen::One one;
        one.callback = CallId{from_base32(rows.text(row, kCallback))};
        one.asked_in = CallId{from_base32(rows.text(row, kCall))};
        one.caller = rows.text(row, kCaller);
        one.number = rows.text(row, kNumber);
        one.queue = rows.text(row, kQueue);
        one.language = rows.text(row, kLanguage);
        one.agent = rows.text(row, kAgent);
        one.place = wall(rows, row, kPlace);
        one.expires = wall(rows, row, kExpires);
        one.not_before = wall(rows, row, kNotBefore);
        one.tries = static_cast<int>(rows.integer(row, kTries));
        one.priority = static_cast<int>(rows.integer(row, kPriority));
        for (std::string_view skills = rows.text(row, kSkills); !skills.empty();) {
            std::string_view wish = cut(skills, ',');
            const auto name = cut(wish, ':');
            one.skills.emplace_back(name, static_cast<int>(number_in(wish)));
        }
        for (std::string_view served = rows.text(row, kServed); !served.empty();) {
            std::string_view agent = cut(served, ',');
            const auto name = cut(agent, ':');
            const auto last = number_in(cut(agent, ':'));
            one.served.push_back(
                {std::string(name), Wall(std::chrono::microseconds(last)), std::chrono::milliseconds(number_in(agent))});
        }
        out.callbacks.push_back(std::move(one));
    }
    return out;
}

}  // namespace hotline::store
