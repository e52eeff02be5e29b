// Sentences with values in braces.
#include <algorithm>

#include "hotline/ivr/notation.h"

namespace hotline::ivr {
namespace {

struct Form {
    std::string_view name;
    SpokenForm form;
};
constexpr Form kForms[] = {{"text", SpokenForm::Text},     {"number", SpokenForm::Number},    {"cardinal", SpokenForm::Cardinal},
                           {"digits", SpokenForm::Digits}, {"money", SpokenForm::Money},      {"date", SpokenForm::Date},
                           {"time", SpokenForm::Time},     {"duration", SpokenForm::Duration}};

/// Where the form's name begins, behind the last colon that has nothing but letters after it; a colon inside of 9:30 is none.
std::size_t colon_of(std::string_view inside) {
    const auto at = inside.rfind(':');
    if (at == std::string_view::npos) return at;
    const auto name = inside.substr(at + 1);
    const bool letters =
        !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == ' '; });
    return letters ? at : std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

std::optional<SpokenForm> form_named(std::string_view name) {
    for (const auto& form : kForms)
        if (form.name == name) return form.form;
    return std::nullopt;
}

}  // namespace

Parsed<Sentence> Sentence::parse(std::string_view text) {
    Sentence out;
    std::string words;
    const auto flush = [&] {
        if (!words.empty()) out.pieces_.push_back({std::exchange(words, {}), std::nullopt, SpokenForm::Text, 0});
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
        if (text[i] == '}' && !doubled) return Slip{i, "this } has no {. A brace that is to be said is written }}."};
        if (text[i] != '{' || doubled) {
            words += text[i];
            if (text[i] == '{' || text[i] == '}') ++i;
            continue;
        }
        const auto end = text.find('}', i);
        if (end == std::string_view::npos)
            return Slip{i, "this { has no }. A value is written {total:money}; a brace that is to be said is {{."};
        const auto inside = text.substr(i + 1, end - i - 1);
        const auto colon = colon_of(inside);
        auto form = std::optional(SpokenForm::Text);
        if (colon != std::string_view::npos) form = form_named(trimmed(inside.substr(colon + 1)));
        if (!form)
            return Slip{i + 1 + colon + 1,
                        "a value is said as text, number, cardinal, digits, money, date, time or duration, as in {total:money}."};
        auto value = Expression::parse(inside.substr(0, colon), Expression::Wanted::Value);
        if (auto* slip = std::get_if<Slip>(&value)) return Slip{i + 1 + slip->at, slip->text};
        flush();
        out.pieces_.push_back({{}, std::move(std::get<Expression>(value)), *form, i + 1});
        i = end;
    }
    flush();
    return out;
}

Sentence::Spoken Sentence::speak(const Surroundings& surroundings, std::string_view language) const {
    Spoken out{{}, true};
    for (const auto& piece : pieces_) {
        if (!piece.value) {
            out.text += piece.words;
            continue;
        }
        const auto value = piece.value->text(surroundings);
        const auto words = value ? ivr::speak(*value, piece.form, language) : std::nullopt;
        if (words) out.text += *words;
        out.whole &= words.has_value();
    }
    return out;
}

bool Sentence::has_values() const {
    return std::any_of(pieces_.begin(), pieces_.end(), [](const Piece& piece) { return piece.value.has_value(); });
}

std::string Sentence::words() const {
    std::string out;
    for (const auto& piece : pieces_) out += piece.words;
    return out;
}

std::set<std::string> Sentence::variables() const {
    std::set<std::string> out;
    for (const auto& piece : pieces_)
        if (piece.value) out.merge(piece.value->variables());
    return out;
}

std::vector<Mention> Sentence::queues() const {
    std::vector<Mention> out;
    for (const auto& piece : pieces_)
        if (piece.value)
            for (auto& queue : piece.value->queues()) out.push_back({std::move(queue.name), piece.at + queue.at});
    return out;
}

std::vector<Mention> Sentence::risks(const std::set<std::string>& sure) const {
    std::vector<Mention> out;
    for (const auto& piece : pieces_)
        if (piece.value)
            for (auto& risk : piece.value->risks(sure)) out.push_back({std::move(risk.name), piece.at + risk.at});
    return out;
}

}  // namespace hotline::ivr
