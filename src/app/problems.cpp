#include "app/problems.h"

#include <tuple>

#include "hotline/base/log.h"

namespace hotline::app {
namespace {

/// Steps from one word to the other: insert, delete, replace, swap two neighbours (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replace});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a.size()][b.size()];
}

constexpr std::size_t kListed = 12;    // known names shown when none is near
constexpr std::size_t kCompared = 64;  // longer words are nobody's typing mistake

}  // namespace

std::string to_text(const Place& place) {
    if (place.line == 0) return place.file;
    return place.file + ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
}

void Problems::add(Problem problem) {
    if (problem.weight == Problem::Weight::Error) ++errors_;
    if (problems_.size() < kMax) {
        problems_.push_back(std::move(problem));
    } else {
        ++dropped_;
    }
}

std::vector<Problem> Problems::sorted() const {
    const auto key = [](const Problem& p) { return std::tie(p.at.file, p.at.line, p.at.column, p.text); };
    auto all = problems_;
    std::stable_sort(all.begin(), all.end(), [&](const Problem& a, const Problem& b) { return key(a) < key(b); });
    all.erase(std::unique(all.begin(), all.end(), [&](const Problem& a, const Problem& b) { return key(a) == key(b); }), all.end());
    return all;
}

std::string Problems::to_text() const {
    std::string out;
    for (const auto& problem : sorted()) {
        out += app::to_text(problem.at) + (problem.weight == Problem::Weight::Warning ? ": warning: " : ": ") + problem.text + '\n';
    }
    if (dropped_ > 0) out += "… and " + std::to_string(dropped_) + " more\n";
    return out;
}

void Problems::tell_log() const {
    for (const auto& problem : sorted()) {
        const bool error = problem.weight == Problem::Weight::Error;
        log::event(error ? log::Level::Error : log::Level::Warn, error ? "config.mistake" : "config.warning",
                   {{"at", app::to_text(problem.at)}, {"what", problem.text}});
    }
}

std::string nearest(std::string_view wrong, const std::vector<std::string>& known) {
    if (wrong.size() > kCompared) return {};
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, wrong.size() / 3) + 1;
    for (const auto& name : known) {
        if (name.size() > kCompared) continue;
        const auto steps = distance(wrong, name);
        if (steps < best_distance && steps < name.size()) {
            best = name;
            best_distance = steps;
        }
    }
    return best;
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& known) {
    if (const auto near = nearest(wrong, known); !near.empty()) return " Did you mean \"" + near + "\"?";
    if (known.empty() || known.size() > kListed) return {};
    std::string out = " Known here: ";
    for (const auto& name : known) out += (&name == &known.front() ? "" : ", ") + name;
    return out + '.';
}

}  // namespace hotline::app
