// Typed reading of one JSON object: each access says what it expects, and what does not fit becomes a problem with a cure; the
// reading goes on with the default, so that one run finds every mistake. finish() reports the keys that nobody asked for.
#pragma once
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/value.h"
#include "hotline/base/time.h"

namespace hotline::app {

class Reader {
  public:
    /// Reads `object`; null: everything is at its default, as when the section is not written. `at`: where problems of a missing
    /// key are reported when there is no object.
    Reader(const Value* object, Place at, Problems& problems);

    bool flag(std::string_view key, bool fallback);
    template <class T>
    T integer(std::string_view key, T fallback, T low, T high) {
        return static_cast<T>(
            whole(key, static_cast<std::int64_t>(fallback), static_cast<std::int64_t>(low), static_cast<std::int64_t>(high)));
    }
    double number(std::string_view key, double fallback, double low, double high);
    Duration seconds(std::string_view key, Duration fallback, Duration low, Duration high);  // a fraction is welcome: 0.5
    Duration milliseconds(std::string_view key, Duration fallback, Duration low, Duration high);
    std::string text(std::string_view key, std::string fallback);
    std::string required_text(std::string_view key);
    std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback);
    template <class E>
    E choice(std::string_view key, E fallback, const std::vector<std::pair<std::string, E>>& words) {
        std::vector<std::string> names;
        for (const auto& word : words) names.push_back(word.first);
        const auto index = one_of(key, names);
        return index ? words[*index].second : fallback;
    }
    /// A nested object; not written: a reader of defaults.
    Reader section(std::string_view key);
    /// The value itself, of the type that is expected (null: not written, or of another type, which is then a problem).
    const Value* value(std::string_view key, Value::Type type);
    /// The value itself, whatever it is (null: not written).
    const Value* any(std::string_view key);
    const Value* required(std::string_view key, Value::Type type);

    bool has(std::string_view key) const { return object_ && object_->find(key); }
    Place place() const { return at_; }
    /// Of the key's value; of the object when it is not written.
    Place place(std::string_view key) const;
    void error(std::string_view key, std::string text) { problems_->error(place(key), std::move(text)); }
    void warn(std::string_view key, std::string text) { problems_->warn(place(key), std::move(text)); }
    Problems& problems() { return *problems_; }

    /// What was not read yet is nobody's mistake: finish() stays silent.
    void ignore_rest() { object_ = nullptr; }
    /// Reports unknown keys, with the one that was probably meant.
    void finish();

  private:
    std::int64_t whole(std::string_view key, std::int64_t fallback, std::int64_t low, std::int64_t high);
    std::optional<double> bounded(std::string_view key, double low, double high);
    Duration duration(std::string_view key, Duration fallback, Duration low, Duration high, double unit_ns);
    std::optional<std::size_t> one_of(std::string_view key, const std::vector<std::string>& names);

    const Value* object_;
    Place at_;
    Problems* problems_;
    std::vector<std::string> known_;
};

/// "expected a whole number, but this is text in quotes."
std::string wrong_type(std::string_view expected, const Value& found);

}  // namespace hotline::app
