// What is wrong with a site's configuration: every mistake of one run, each with its place and its cure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace hotline::app {

/// Where a value stands. `line` and `column` count from 1, in characters; line 0: not from a file (a --set on the command line).
struct Place {
    std::string file;
    int line = 0;
    int column = 0;
};
std::string to_text(const Place& place);  // "config/travel/site.json:3:9"

struct Problem {
    enum class Weight { Warning, Error };
    Place at;
    std::string text;  // what is wrong, and the cure
    Weight weight = Weight::Error;
};

/// Collects problems. At most kMax are kept, so that a hopeless file stays readable; has_errors() knows of all.
class Problems {
  public:
    static constexpr std::size_t kMax = 200;

    void error(const Place& at, std::string text) { add({at, std::move(text), Problem::Weight::Error}); }
    void warn(const Place& at, std::string text) { add({at, std::move(text), Problem::Weight::Warning}); }

    bool has_errors() const { return errors_ > 0; }
    std::size_t errors() const { return errors_; }
    /// By file, line and column; equal ones once.
    std::vector<Problem> sorted() const;
    /// One line a problem: "file:line:column: text" or "file:line:column: warning: text".
    std::string to_text() const;
    /// config.mistake or config.warning: an event a problem, since a log line holds one line of text.
    void tell_log() const;

  private:
    void add(Problem problem);
    std::vector<Problem> problems_;
    std::size_t errors_ = 0;
    std::size_t dropped_ = 0;
};

/// The name among `known` that was probably meant by `wrong`; empty when none is near.
std::string nearest(std::string_view wrong, const std::vector<std::string>& known);
/// ` Did you mean "x"?`, or ` Known here: a, b, c.` when nothing is near and the list is short, or nothing.
std::string suggestion(std::string_view wrong, const std::vector<std::string>& known);

}  // namespace hotline::app
