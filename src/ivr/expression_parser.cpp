// Text → tree, by recursive descent; the first mistake ends it, with its place.
//
//   or > and > not > comparison (== != < <= > >= in starts-with is-set) > + - > value
#include <algorithm>

#include "expression_part.h"
#include "written.h"

namespace hotline::ivr {
namespace {

using Part = Expression::Part;
using Op = Part::Op;
using Kind = Part::Kind;
using PartPtr = std::shared_ptr<const Part>;

struct Named {
    std::string_view name;
    Op op;
    Kind kind;
};
constexpr Named kNamed[] = {
    {"caller", Op::Caller, Kind::Text}, {"called", Op::Called, Kind::Text},      {"language", Op::Language, Kind::Text},
    {"time", Op::Time, Kind::Time},     {"weekday", Op::Weekday, Kind::Weekday}, {"date", Op::Date, Kind::Date},
};
constexpr Named kFigures[] = {{"ready", Op::QueueReady, Kind::Number},
                              {"waiting", Op::QueueWaiting, Kind::Number},
                              {"estimated_wait_s", Op::QueueWait, Kind::Number}};
constexpr std::string_view kWords[] = {"and", "or", "not", "in", "is", "set", "starts", "with", "queue"};

struct Comparison {
    std::string_view symbol;
    Op op;
};
constexpr Comparison kComparisons[] = {{"==", Op::Equal},          {"!=", Op::NotEqual}, {"<=", Op::LessOrEqual},
                                       {">=", Op::GreaterOrEqual}, {"<", Op::Less},      {">", Op::Greater}};

bool begins_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80);
}
bool is_in_name(char c) { return begins_name(c) || is_digit(c); }

std::string_view noun(Kind kind) {
    switch (kind) {
        case Kind::Any: return "a variable";
        case Kind::Text: return "a text";
        case Kind::Number: return "a number";
        case Kind::Time: return "a time";
        case Kind::Date: return "a date";
        case Kind::Weekday: return "a weekday";
        case Kind::Truth: return "a condition";
    }
    return "";
}

/// How a value of this kind is written.
std::string_view cure(Kind kind) {
    switch (kind) {
        case Kind::Text: return "Write the text in quotes, such as '139'.";
        case Kind::Number: return "Write a whole number, such as 3.";
        case Kind::Time: return "Write a time of the day, such as 9:30.";
        case Kind::Date: return "Write a date, such as 2026-10-01.";
        case Kind::Weekday: return "Write mon, tue, wed, thu, fri, sat or sun.";
        case Kind::Any:
        case Kind::Truth: return "Join conditions with and, or, not.";
    }
    return "";
}

struct Token {
    enum class Sort { End, Number, Time, Date, Text, Name, Symbol } sort = Sort::End;
    std::size_t at = 0;
    std::string text;
    std::int64_t number = 0;
};

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) { advance(); }

    std::variant<PartPtr, Slip> parse(Expression::Wanted wanted) {
        if (text_.size() > Expression::kMaxBytes)
            fail(Expression::kMaxBytes, "longer than 1000 bytes. Split it: several conditions, or a variable set before.");
        PartPtr whole = alternatives();
        if (token_.sort != Token::Sort::End) fail(token_.at, "\"" + token_.text + "\" does not belong here. " + hint());
        const bool condition = whole->kind == Kind::Truth;
        if (wanted == Expression::Wanted::Condition && !condition) want_truth(*whole);
        if (wanted == Expression::Wanted::Value && condition) fail(whole->at, "this is a condition, and a value is wanted here.");
        if (slip_) return *slip_;
        return whole;
    }

  private:
    // ── Words ──

    /// The first mistake counts; after it there is nothing more to read, so that every loop ends.
    void fail(std::size_t at, std::string text) {
        if (!slip_) slip_ = Slip{at, std::move(text)};
        here_ = text_.size();
        token_ = {Token::Sort::End, text_.size(), "", 0};
    }

    static std::string hint() {
        return "After a value comes ==, !=, <, <=, >, >=, in, starts with, is set; between conditions and, or.";
    }

    void advance() {
        while (here_ < text_.size() &&
               (text_[here_] == ' ' || text_[here_] == '\t' || text_[here_] == '\n' || text_[here_] == '\r'))
            ++here_;
        token_ = {Token::Sort::End, here_, "", 0};
        if (here_ == text_.size()) return;
        const char c = text_[here_];
        if (is_digit(c)) return figures();
        if (begins_name(c)) return name();
        if (c == '\'' || c == '"') return quoted(c);
        symbol();
    }

    std::string_view take_while(bool (*fits)(char)) {
        const std::size_t from = here_;
        while (here_ < text_.size() && fits(text_[here_])) ++here_;
        return text_.substr(from, here_ - from);
    }

    void figures() {
        const std::size_t from = here_;
        take_while(is_digit);
        Token::Sort sort = Token::Sort::Number;
        if (here_ < text_.size() && text_[here_] == ':') {
            sort = Token::Sort::Time;
            ++here_;
            take_while(is_digit);
        } else if (here_ - from == 4 && text_.substr(here_).size() >= 6 && text_[here_] == '-' && text_[here_ + 3] == '-' &&
                   read_day(text_.substr(from, 10))) {
            sort = Token::Sort::Date;
            here_ += 6;
        }
        token_.sort = sort;
        token_.text = text_.substr(from, here_ - from);
        number_of(token_);
    }

    void number_of(Token& token) {
        if (token.sort == Token::Sort::Date) {
            const auto day = read_day(token.text);
            token.number = std::int64_t{day->year} * 10000 + day->month * 100 + day->day;
        } else if (token.sort == Token::Sort::Time) {
            const auto minute = read_minute(token.text);
            if (!minute)
                return fail(token.at, "\"" + token.text + "\" is no time of the day. Write it as 9:30; the day ends at 24:00.");
            token.number = *minute;
        } else {
            const auto whole = read_whole(token.text);
            if (!whole)
                return fail(token.at, "the number is too long. At most 18 digits; a telephone number is a text: put it in quotes.");
            token.number = *whole;
        }
        const bool more = here_ < text_.size() && (is_in_name(text_[here_]) || text_[here_] == '.');
        if (more) fail(here_, "a number ends here; there are whole numbers only, and a text stands in quotes.");
    }

    void name() {
        token_.sort = Token::Sort::Name;
        token_.text = take_while(is_in_name);
        if (token_.text != "queue" || here_ == text_.size() || text_[here_] != '.') return;
        token_.text += take_while([](char c) { return is_in_name(c) || c == '.' || c == '-'; });
    }

    void quoted(char quote) {
        const auto end = text_.find(quote, here_ + 1);
        if (end == std::string_view::npos)
            return fail(here_, "the text that begins here has no end. Close it with the same quote.");
        token_.sort = Token::Sort::Text;
        token_.text = text_.substr(here_ + 1, end - here_ - 1);
        here_ = end + 1;
    }

    void symbol() {
        constexpr std::string_view kSymbols[] = {"==", "!=", "<=", ">=", "<", ">", "(", ")", ",", "+", "-"};
        for (const auto symbol : kSymbols) {
            if (!text_.substr(here_).starts_with(symbol)) continue;
            token_.sort = Token::Sort::Symbol;
            token_.text = symbol;
            here_ += symbol.size();
            return;
        }
        constexpr std::pair<char, std::string_view> kForeign[] = {
            {'=', "Equality is written ==."}, {'&', "Write and."}, {'|', "Write or."}, {'!', "Write not, or != for unequal."}};
        std::string words = "\"" + std::string(1, text_[here_]) + "\" means nothing here.";
        for (const auto& [c, meant] : kForeign)
            if (c == text_[here_]) words += " " + std::string(meant);
        fail(here_, words);
    }

    bool at_word(std::string_view word) const { return token_.sort == Token::Sort::Name && token_.text == word; }
    bool at_symbol(std::string_view symbol) const { return token_.sort == Token::Sort::Symbol && token_.text == symbol; }
    bool take(std::string_view word_or_symbol) {
        if (!at_word(word_or_symbol) && !at_symbol(word_or_symbol)) return false;
        advance();
        return true;
    }
    void expect(std::string_view word_or_symbol, const std::string& otherwise) {
        if (!take(word_or_symbol)) fail(token_.at, otherwise);
    }

    // ── Parts ──

    static PartPtr make(Op op, Kind kind, std::size_t at, std::vector<PartPtr> parts = {}, std::string name = {},
                        Value literal = {}) {
        auto part = std::make_shared<Part>();
        part->op = op;
        part->kind = kind;
        part->at = at;
        part->parts = std::move(parts);
        part->name = std::move(name);
        part->literal = std::move(literal);
        return part;
    }

    void want_truth(const Part& part) {
        if (part.kind == Kind::Truth) return;
        std::string example = part.op == Op::Variable ? part.name : "level";
        fail(part.at, "this is no condition. Compare it, as in " + example + " == 1, or ask " + example + " is set.");
    }

    PartPtr alternatives() {
        return joined("or", Op::Or, [this] { return conjunction(); });
    }
    PartPtr conjunction() {
        return joined("and", Op::And, [this] { return negation(); });
    }

    template <class Operand>
    PartPtr joined(std::string_view word, Op op, Operand operand) {
        PartPtr left = operand();
        while (at_word(word)) {
            want_truth(*left);
            advance();
            PartPtr right = operand();
            want_truth(*right);
            left = make(op, Kind::Truth, left->at, {left, right});
        }
        return left;
    }

    PartPtr negation() {
        const std::size_t at = token_.at;
        if (!take("not")) return comparison();
        if (++depth_ > Expression::kMaxDepth) fail(at, "nested too deeply. Split it into several conditions.");
        PartPtr part = negation();
        --depth_;
        want_truth(*part);
        return make(Op::Not, Kind::Truth, at, {part});
    }

    PartPtr comparison() {
        PartPtr left = sum();
        if (take("is")) return set_or_not(left);
        if (at_word("not")) {
            advance();
            if (!at_word("in")) fail(token_.at, "after a value, not is followed by in, as in city not in ('a', 'b').");
            return make(Op::Not, Kind::Truth, left->at, {membership(left)});
        }
        if (at_word("in")) return membership(left);
        if (take("starts")) {
            expect("with", "\"with\" is missing, as in caller starts with '139'.");
            return beginning(left);
        }
        const Comparison* found = comparison_here();
        if (!found) return left;
        advance();
        PartPtr right = sum();
        if (comparison_here()) fail(token_.at, "one comparison at a time. Join two of them with and.");
        check_pair(*left, *right, found->op != Op::Equal && found->op != Op::NotEqual);
        return make(found->op, Kind::Truth, left->at, {left, right});
    }

    const Comparison* comparison_here() const {
        if (token_.sort != Token::Sort::Symbol) return nullptr;
        const auto found =
            std::find_if(std::begin(kComparisons), std::end(kComparisons), [&](const auto& c) { return c.symbol == token_.text; });
        return found == std::end(kComparisons) ? nullptr : &*found;
    }

    void check_pair(const Part& left, const Part& right, bool ordered) {
        for (const Part* part : {&left, &right}) {
            if (part->kind == Kind::Truth)
                return fail(part->at, "a condition cannot be compared. " + std::string(cure(Kind::Truth)));
            if (ordered && part->kind == Kind::Text)
                return fail(part->at, "texts have no order. Compare numbers, times or dates, or use starts with.");
        }
        if (left.kind == Kind::Any || right.kind == Kind::Any || left.kind == right.kind) return;
        fail(right.at, std::string(noun(left.kind)) + " is compared with " + std::string(noun(right.kind)) + ". " +
                           std::string(cure(left.kind)));
    }

    PartPtr set_or_not(const PartPtr& variable) {
        const bool negative = take("not");
        expect("set", "\"set\" is missing, as in level is set or level is not set; a value is compared with ==.");
        if (variable->op != Op::Variable) fail(variable->at, "only a variable can be asked whether it is set.");
        PartPtr set = make(Op::IsSet, Kind::Truth, variable->at, {}, variable->name);
        return negative ? make(Op::Not, Kind::Truth, variable->at, {set}) : set;
    }

    PartPtr membership(const PartPtr& left) {
        std::vector<PartPtr> parts{left};
        advance();
        expect("(", "a list in parentheses is missing, as in weekday in (sat, sun).");
        do {
            parts.push_back(sum());
            check_pair(*left, *parts.back(), false);
        } while (take(","));
        expect(")", "the list has no end. Close it with ).");
        return make(Op::In, Kind::Truth, left->at, std::move(parts));
    }

    PartPtr beginning(const PartPtr& left) {
        PartPtr right = sum();
        for (const auto& part : {left, right})
            if (part->kind != Kind::Text && part->kind != Kind::Any)
                fail(part->at, "starts with compares texts. " + std::string(cure(Kind::Text)));
        return make(Op::StartsWith, Kind::Truth, left->at, {left, right});
    }

    PartPtr sum() {
        PartPtr left = value();
        while (at_symbol("+") || at_symbol("-")) {
            const Op op = at_symbol("+") ? Op::Plus : Op::Minus;
            advance();
            PartPtr right = value();
            for (const auto& part : {left, right})
                if (part->kind != Kind::Number && part->kind != Kind::Any)
                    fail(part->at, "only whole numbers can be added and subtracted.");
            left = make(op, Kind::Number, left->at, {left, right});
        }
        return left;
    }

    PartPtr value() {
        const Token token = token_;
        if (take("(")) {
            if (++depth_ > Expression::kMaxDepth) fail(token.at, "nested too deeply. Split it into several conditions.");
            PartPtr inside = alternatives();
            --depth_;
            expect(")", "a ) is missing.");
            return inside;
        }
        if (take("-")) {
            if (token_.sort != Token::Sort::Number) fail(token_.at, "a number is missing after -.");
            const std::int64_t number = -token_.number;
            advance();
            return make(Op::Literal, Kind::Number, token.at, {}, {}, number);
        }
        advance();
        switch (token.sort) {
            case Token::Sort::Number: return make(Op::Literal, Kind::Number, token.at, {}, {}, token.number);
            case Token::Sort::Time: return make(Op::Literal, Kind::Time, token.at, {}, {}, token.number);
            case Token::Sort::Date: return make(Op::Literal, Kind::Date, token.at, {}, {}, token.number);
            case Token::Sort::Text: return make(Op::Literal, Kind::Text, token.at, {}, {}, token.text);
            case Token::Sort::Name: return named(token);
            case Token::Sort::Symbol:
            case Token::Sort::End: break;
        }
        fail(token.at, "a value is missing here: a variable, a number, a text in quotes.");
        return make(Op::Literal, Kind::Any, token.at);
    }

    PartPtr named(const Token& token) {
        for (const auto& [name, op, kind] : kNamed)
            if (name == token.text) return make(op, kind, token.at);
        if (const auto day = weekday_named(token.text))
            return make(Op::Literal, Kind::Weekday, token.at, {}, {}, std::int64_t{*day});
        if (token.text.starts_with("queue.")) return figure(token);
        if (is_reserved(token.text)) fail(token.at, "a value is missing before \"" + token.text + "\".");
        return make(Op::Variable, Kind::Any, token.at, {}, token.text);
    }

    /// queue.NAME.ready
    PartPtr figure(const Token& token) {
        const std::string_view rest = std::string_view(token.text).substr(6);
        const auto dot = rest.rfind('.');
        for (const auto& [name, op, kind] : kFigures)
            if (dot != std::string_view::npos && dot > 0 && rest.substr(dot + 1) == name)
                return make(op, kind, token.at, {}, std::string(rest.substr(0, dot)));
        fail(token.at, "a queue is asked as queue.NAME.ready, queue.NAME.waiting or queue.NAME.estimated_wait_s.");
        return make(Op::Literal, Kind::Any, token.at);
    }

    const std::string_view text_;
    std::size_t here_ = 0;
    Token token_;
    int depth_ = 0;
    std::optional<Slip> slip_;
};

}  // namespace

bool is_variable_name(std::string_view name) {
    return !name.empty() && begins_name(name.front()) && std::all_of(name.begin(), name.end(), is_in_name);
}

bool is_reserved(std::string_view name) {
    return weekday_named(name) || std::find(std::begin(kWords), std::end(kWords), name) != std::end(kWords) ||
           std::any_of(std::begin(kNamed), std::end(kNamed), [&](const auto& named) { return named.name == name; });
}

Parsed<Expression> Expression::parse(std::string_view text, Wanted wanted) {
    auto parsed = Parser(text).parse(wanted);
    if (auto* slip = std::get_if<Slip>(&parsed)) return std::move(*slip);
    return Expression(std::move(std::get<std::shared_ptr<const Part>>(parsed)));
}

Expression Expression::literal(std::string text) {
    auto part = std::make_shared<Part>();
    part->kind = Part::Kind::Text;
    part->literal = std::move(text);
    return Expression(std::move(part));
}

}  // namespace hotline::ivr
