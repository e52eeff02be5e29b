// What stands in quotes inside a program: conditions ("level >= 3 and weekday <= fri"), sentences with values in them
// ("订单{order:digits}"), patterns of digits ("1[3-9]\d{9}"). All are read when the site is loaded; a mistake is told with its
// place.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hotline/base/time.h"
#include "hotline/ivr/local_time.h"
#include "hotline/ivr/spoken.h"

namespace hotline::ivr {

/// What is wrong in such a text, and the cure. `at`: where, in bytes from its beginning.
struct Slip {
    std::size_t at;
    std::string text;
};
template <class T>
using Parsed = std::variant<T, Slip>;

/// A name in such a text, and where it stands.
struct Mention {
    std::string name;
    std::size_t at;
};

/// What is known of a queue at a moment.
struct QueueFigures {
    std::size_t ready = 0;    // agents whom a caller could be offered to now
    std::size_t waiting = 0;  // callers
    std::optional<Duration> estimated_wait;
};

/// What an expression can ask when it is worked out.
class Surroundings {
  public:
    virtual ~Surroundings() = default;
    virtual std::optional<std::string> variable(const std::string& name) const = 0;  // none: unset
    virtual std::string caller() const = 0;
    virtual std::string called() const = 0;
    virtual std::string language() const = 0;
    virtual std::optional<LocalTime> local_time() const = 0;  // at the site
    virtual std::optional<QueueFigures> queue(const std::string& name) const = 0;
};

/// A condition or a value. Variables hold text; compared with a number, a time, a date or a weekday they are read as one. What is
/// unset, or cannot be read so, is not known: a condition is then neither true nor false, unless the rest of it decides (false and
/// unknown is false, true or unknown is true).
class Expression {
  public:
    static constexpr std::size_t kMaxBytes = 1000;
    static constexpr int kMaxDepth = 32;  // parentheses in parentheses
    enum class Wanted { Condition, Value };

    static Parsed<Expression> parse(std::string_view text, Wanted wanted);
    /// The text itself, whatever stands in it.
    static Expression literal(std::string text);

    /// None: not known.
    std::optional<bool> holds(const Surroundings& surroundings) const;
    /// As a variable would keep it: whole numbers in figures, times as 09:30, dates as 2026-10-01. None: not known.
    std::optional<std::string> text(const Surroundings& surroundings) const;

    std::set<std::string> variables() const;
    std::vector<Mention> queues() const;
    /// Variables that it reads although they are not among `sure`, and did not ask before whether they are set.
    std::vector<Mention> risks(const std::set<std::string>& sure) const;
    /// Variables that are set for certain when it holds.
    std::set<std::string> sure_when_true() const;

    struct Part;

  private:
    explicit Expression(std::shared_ptr<const Part> root) : root_(std::move(root)) {}
    std::shared_ptr<const Part> root_;
};

/// Names that the notation gives a meaning of its own: no variable can be called so.
bool is_reserved(std::string_view name);
/// Letters, digits and _, not beginning with a digit; letters of any script.
bool is_variable_name(std::string_view name);

/// A sentence with values in braces: "共{total:money}". `{{` is a brace.
class Sentence {
  public:
    static Parsed<Sentence> parse(std::string_view text);

    struct Spoken {
        std::string text;
        bool whole;  // false: a value was not known or cannot be spoken so, and is left out
    };
    Spoken speak(const Surroundings& surroundings, std::string_view language) const;

    bool has_values() const;
    /// Without values: its words.
    std::string words() const;
    std::set<std::string> variables() const;
    std::vector<Mention> queues() const;
    std::vector<Mention> risks(const std::set<std::string>& sure) const;

  private:
    struct Piece {
        std::string words;  // said as they are, when there is no value
        std::optional<Expression> value;
        SpokenForm form = SpokenForm::Text;
        std::size_t at = 0;  // of the value in the sentence
    };
    std::vector<Piece> pieces_;
};

/// Which entries are right: digits, `.` or `\d` (any digit), `[3-9]`, `[^4]`, `( | )`, `? * + {2} {2,} {2,4}`. The whole entry must
/// fit. Time to match is bounded by the pattern's and the entry's length, whatever is written.
class DigitPattern {
  public:
    static constexpr std::size_t kMaxBytes = 200;
    static constexpr std::size_t kMaxDigits = 64;
    static Parsed<DigitPattern> parse(std::string_view text);
    bool matches(std::string_view digits) const;

    struct Part;

  private:
    explicit DigitPattern(std::shared_ptr<const Part> root) : root_(std::move(root)) {}
    std::shared_ptr<const Part> root_;
};

}  // namespace hotline::ivr
