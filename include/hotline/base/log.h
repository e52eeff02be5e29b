// Logs are events with fields: log::info("leg.answered", {{"call", id}, {"ring_ms", ms}}).
//
// A log call never waits: events go through a bounded queue to a writer thread, and when it is full the oldest are overwritten and
// counted. Not for the media tick. An error line says what the operator can do.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace hotline::log {

enum class Level { Debug, Info, Warn, Error };
enum class Format { Text, Json };

struct Field {
    using Value = std::variant<std::string_view, std::int64_t, double, bool, std::string>;
    std::string_view name;
    Value value;

    template <class T>
    Field(std::string_view field, T&& v) : name(field), value(convert(std::forward<T>(v))) {}

  private:
    template <class T>
    static Value convert(T&& v) {
        using U = std::remove_cvref_t<T>;
        if constexpr (std::is_same_v<U, bool>) {
            return v;
        } else if constexpr (std::is_integral_v<U>) {
            return static_cast<std::int64_t>(v);
        } else if constexpr (std::is_floating_point_v<U>) {
            return static_cast<double>(v);
        } else if constexpr (std::is_convertible_v<T, std::string_view> &&
                             !(std::is_rvalue_reference_v<T&&> && std::is_same_v<U, std::string>)) {
            return std::string_view(v);
        } else if constexpr (std::is_same_v<U, std::string>) {
            return std::forward<T>(v);
        } else {
            return to_text(v);  // found by argument-dependent lookup: ids, addresses
        }
    }
};

using Fields = std::initializer_list<Field>;

/// Starts the writer: to stderr, at or above `level`. Called once by main before any thread; without it events of level Warn and
/// above are written to stderr at once (tests).
void start(Level level, Format format);
/// Writes what is queued, then stops. Bounded by two seconds.
void stop();

void event(Level level, std::string_view name, Fields fields);
inline void debug(std::string_view name, Fields fields = {}) { event(Level::Debug, name, fields); }
inline void info(std::string_view name, Fields fields = {}) { event(Level::Info, name, fields); }
inline void warn(std::string_view name, Fields fields = {}) { event(Level::Warn, name, fields); }
inline void error(std::string_view name, Fields fields = {}) { event(Level::Error, name, fields); }

}  // namespace hotline::log
