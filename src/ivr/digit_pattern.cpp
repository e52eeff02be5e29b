// Patterns of digits, matched by sets of places: a part takes all places where it may begin and gives all where it may end. That
// costs a bounded time whatever the pattern is; a backtracking matcher would let one entry stop every call.
#include <bitset>

#include "hotline/ivr/notation.h"

namespace hotline::ivr {
namespace {

using Places = std::bitset<DigitPattern::kMaxDigits + 1>;
constexpr int kMostRepeats = static_cast<int>(DigitPattern::kMaxDigits);
constexpr int kMaxDepth = 3;  // repeats in repeats cost their product

}  // namespace

struct DigitPattern::Part {
    enum class Kind { Digit, Sequence, Choice, Repeat } kind = Kind::Sequence;
    std::bitset<10> digits;  // Digit
    std::vector<std::shared_ptr<const Part>> parts;
    int least = 0, most = 0;  // Repeat
};

namespace {

using Piece = DigitPattern::Part;
using PiecePtr = std::shared_ptr<const Piece>;

Places ends(const Piece& part, std::string_view digits, const Places& begins) {
    Places out;
    switch (part.kind) {
        case Piece::Kind::Digit:
            for (std::size_t i = 0; i < digits.size(); ++i)
                if (begins[i] && part.digits[static_cast<std::size_t>(digits[i] - '0')]) out.set(i + 1);
            return out;
        case Piece::Kind::Sequence:
            out = begins;
            for (const auto& inner : part.parts) out = ends(*inner, digits, out);
            return out;
        case Piece::Kind::Choice:
            for (const auto& inner : part.parts) out |= ends(*inner, digits, begins);
            return out;
        case Piece::Kind::Repeat: break;
    }
    Places now = begins;
    int times = 0;
    for (; times < part.least && now.any(); ++times) now = ends(*part.parts[0], digits, now);
    for (out = now; times < part.most; ++times) {
        now = ends(*part.parts[0], digits, now) & ~out;  // only new places can lead to new ones
        if (now.none()) break;
        out |= now;
    }
    return out;
}

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::variant<PiecePtr, Slip> read() {
        if (text_.size() > DigitPattern::kMaxBytes)
            return Slip{DigitPattern::kMaxBytes, "longer than 200 bytes. Use values, a list of entries."};
        if (text_.empty()) return Slip{0, "the pattern is empty. Write what an entry looks like, such as \\d{6}."};
        take('^');  // the whole entry must fit anyway
        PiecePtr whole = choice();
        if (at('$') && here_ + 1 == text_.size()) ++here_;
        if (here_ < text_.size())
            fail(here_, "\"" + std::string(1, text_[here_]) +
                            "\" cannot stand here. Patterns are of digits: \\d, [3-9], ( | ), ? * + {2,4}.");
        if (slip_) return *slip_;
        return whole;
    }

  private:
    bool at(char c) const { return here_ < text_.size() && text_[here_] == c; }
    bool take(char c) {
        if (!at(c)) return false;
        ++here_;
        return true;
    }
    void fail(std::size_t where, std::string words) {
        if (!slip_) slip_ = Slip{where, std::move(words)};
        here_ = text_.size();
    }

    PiecePtr choice() {
        auto out = std::make_shared<Piece>();
        out->kind = Piece::Kind::Choice;
        do out->parts.push_back(sequence());
        while (take('|'));
        return out;
    }

    PiecePtr sequence() {
        auto out = std::make_shared<Piece>();
        while (here_ < text_.size() && !at('|') && !at(')') && !at('$')) {
            const auto one = single();
            if (!one) break;
            out->parts.push_back(repeated(one));
        }
        return out;
    }

    PiecePtr single() {
        if (take('(')) {
            const std::size_t from = here_ - 1;
            if (++depth_ > kMaxDepth) fail(from, "parentheses stand more than three deep. Use values, a list of entries.");
            PiecePtr inside = choice();
            --depth_;
            if (!take(')')) fail(from, "this parenthesis has no end. Close it with ).");
            return inside;
        }
        auto out = std::make_shared<Piece>();
        out->kind = Piece::Kind::Digit;
        if (take('.') || take("\\d")) {
            out->digits.set();
        } else if (take('[')) {
            out->digits = one_of();
        } else if (text_[here_] >= '0' && text_[here_] <= '9') {
            out->digits.set(static_cast<std::size_t>(text_[here_++] - '0'));
        } else {
            return nullptr;
        }
        return out;
    }
    bool take(std::string_view word) {
        if (!text_.substr(here_).starts_with(word)) return false;
        here_ += word.size();
        return true;
    }

    /// Behind the bracket.
    std::bitset<10> one_of() {
        const std::size_t from = here_ - 1;
        const bool inverse = take('^');
        std::bitset<10> out;
        while (here_ < text_.size() && !at(']')) {
            const auto low = digit();
            const auto high = take('-') ? digit() : low;
            if (!low || !high || *low > *high) {
                fail(from, "a bracket holds digits and ranges of them, such as [3-9] or [1357].");
                return out;
            }
            for (int d = *low; d <= *high; ++d) out.set(static_cast<std::size_t>(d));
        }
        if (!take(']')) fail(from, "this bracket has no end. Close it with ].");
        if (out.none()) fail(from, "the bracket is empty. Put digits into it.");
        return inverse ? ~out : out;
    }

    std::optional<int> digit() {
        if (here_ >= text_.size() || text_[here_] < '0' || text_[here_] > '9') return std::nullopt;
        return text_[here_++] - '0';
    }
    std::optional<int> number() {
        std::optional<int> out;
        while (const auto next = digit()) out = std::min(out.value_or(0) * 10 + *next, 1000);
        return out;
    }

    PiecePtr repeated(PiecePtr part) {
        const std::size_t from = here_;
        int least = 0, most = kMostRepeats;
        if (take('?')) {
            most = 1;
        } else if (take('+')) {
            least = 1;
        } else if (take('{')) {
            const auto low = number();
            least = low.value_or(0);
            most = !take(',') ? least : at('}') ? kMostRepeats : number().value_or(0);
            if (!low || !take('}') || least > most || most > kMostRepeats || most < 1)
                fail(from, "a count is written {6}, {6,} or {6,12}, up to 64, the smaller number first.");
        } else if (!take('*')) {
            return part;
        }
        if (at('?') || at('*') || at('+') || at('{')) fail(here_, "one count is enough. Put a group into ( ) to repeat it.");
        auto out = std::make_shared<Piece>();
        out->kind = Piece::Kind::Repeat;
        out->parts = {std::move(part)};
        out->least = least;
        out->most = most;
        return out;
    }

    const std::string_view text_;
    std::size_t here_ = 0;
    int depth_ = 0;
    std::optional<Slip> slip_;
};

}  // namespace

Parsed<DigitPattern> DigitPattern::parse(std::string_view text) {
    auto read = Reader(text).read();
    if (auto* slip = std::get_if<Slip>(&read)) return std::move(*slip);
    return DigitPattern(std::move(std::get<PiecePtr>(read)));
}

bool DigitPattern::matches(std::string_view digits) const {
    if (digits.size() > kMaxDigits || digits.find_first_not_of("0123456789") != std::string_view::npos) return false;
    Places begin;
    begin.set(0);
    return ends(*root_, digits, begin)[digits.size()];
}

}  // namespace hotline::ivr
