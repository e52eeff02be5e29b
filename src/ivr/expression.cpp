// What an expression comes to, and what it needs for that.
#include <algorithm>

#include "expression_part.h"
#include "written.h"

namespace hotline::ivr {
namespace {

using Part = Expression::Part;
using Op = Part::Op;
using Kind = Part::Kind;

Value value_of(std::optional<int> number) { return number ? Value(std::int64_t{*number}) : Value(); }

/// A variable's text as what it is compared with.
Value read_as(Kind kind, const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    if (!text) return value;
    switch (kind) {
        case Kind::Number:
            if (const auto whole = read_whole(*text)) return *whole;
            return {};
        case Kind::Time: return value_of(read_minute(*text));
        case Kind::Weekday: return value_of(read_weekday(*text));
        case Kind::Date:
            if (const auto day = read_day(*text)) return std::int64_t{day->year} * 10000 + day->month * 100 + day->day;
            return {};
        case Kind::Any:
        case Kind::Text:
        case Kind::Truth: return value;
    }
    return {};
}

class Calculation {
  public:
    explicit Calculation(const Surroundings& surroundings) : around_(surroundings) {}

    Value of(const Part& part) const {
        switch (part.op) {
            case Op::Literal: return part.literal;
            case Op::Variable:
                if (auto text = around_.variable(part.name)) return std::move(*text);
                return {};
            case Op::Caller: return around_.caller();
            case Op::Called: return around_.called();
            case Op::Language: return around_.language();
            case Op::Time:
            case Op::Weekday:
            case Op::Date: return now(part.op);
            case Op::QueueReady:
            case Op::QueueWaiting:
            case Op::QueueWait: return figure(part);
            case Op::IsSet: return around_.variable(part.name).has_value();
            case Op::Not:
                if (const auto truth = truth_of(*part.parts[0])) return !*truth;
                return {};
            case Op::And: return joined(part, false);
            case Op::Or: return joined(part, true);
            case Op::In: return any_of(part);
            case Op::StartsWith: return beginning(part);
            case Op::Plus:
            case Op::Minus: return sum(part);
            case Op::Equal:
            case Op::NotEqual:
            case Op::Less:
            case Op::LessOrEqual:
            case Op::Greater:
            case Op::GreaterOrEqual: return compared(part.op, *part.parts[0], *part.parts[1]);
        }
        return {};
    }

    std::optional<bool> truth_of(const Part& part) const {
        const Value value = of(part);
        const bool* truth = std::get_if<bool>(&value);
        return truth ? std::optional(*truth) : std::nullopt;
    }

  private:
    Value now(Op op) const {
        const auto local = around_.local_time();
        if (!local) return {};
        if (op == Op::Time) return std::int64_t{local->minute};
        if (op == Op::Weekday) return std::int64_t{local->weekday} + 1;
        return std::int64_t{local->year} * 10000 + local->month * 100 + local->day;
    }

    Value figure(const Part& part) const {
        const auto figures = around_.queue(part.name);
        if (!figures) return {};
        if (part.op == Op::QueueReady) return static_cast<std::int64_t>(figures->ready);
        if (part.op == Op::QueueWaiting) return static_cast<std::int64_t>(figures->waiting);
        if (!figures->estimated_wait) return {};
        return std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(*figures->estimated_wait).count()};
    }

    /// `decisive`: one part with this truth decides, whatever the others are.
    Value joined(const Part& part, bool decisive) const {
        const auto left = truth_of(*part.parts[0]), right = truth_of(*part.parts[1]);
        if (left == decisive || right == decisive) return decisive;
        if (!left || !right) return {};
        return !decisive;
    }

    Value compared(Op op, const Part& left, const Part& right) const {
        const bool equality = op == Op::Equal || op == Op::NotEqual;
        Kind kind = left.kind != Kind::Any ? left.kind : right.kind;
        if (kind == Kind::Any) kind = equality ? Kind::Text : Kind::Number;
        const Value a = read_as(kind, of(left)), b = read_as(kind, of(right));
        if (std::holds_alternative<std::monostate>(a) || std::holds_alternative<std::monostate>(b)) return {};
        switch (op) {
            case Op::Equal: return a == b;
            case Op::NotEqual: return a != b;
            case Op::Less: return a < b;
            case Op::LessOrEqual: return a <= b;
            case Op::Greater: return a > b;
            default: return a >= b;
        }
    }

    Value any_of(const Part& part) const {
        bool all_known = true;
        for (std::size_t i = 1; i < part.parts.size(); ++i) {
            const Value same = compared(Op::Equal, *part.parts[0], *part.parts[i]);
            if (const bool* truth = std::get_if<bool>(&same); !truth) {
                all_known = false;
            } else if (*truth) {
                return true;
            }
        }
        return all_known ? Value(false) : Value();
    }

    Value beginning(const Part& part) const {
        const Value whole = of(*part.parts[0]), head = of(*part.parts[1]);
        const auto* text = std::get_if<std::string>(&whole);
        const auto* begins = std::get_if<std::string>(&head);
        if (!text || !begins) return {};
        return text->starts_with(*begins);
    }

    Value sum(const Part& part) const {
        const Value left = read_as(Kind::Number, of(*part.parts[0])), right = read_as(Kind::Number, of(*part.parts[1]));
        const auto* a = std::get_if<std::int64_t>(&left);
        const auto* b = std::get_if<std::int64_t>(&right);
        std::int64_t result = 0;
        if (!a || !b) return {};
        if (part.op == Op::Plus ? __builtin_add_overflow(*a, *b, &result) : __builtin_sub_overflow(*a, *b, &result)) return {};
        return result;
    }

    const Surroundings& around_;
};

template <class Visit>
void walk(const Part& part, const Visit& visit) {
    visit(part);
    for (const auto& inner : part.parts) walk(*inner, visit);
}

std::set<std::string> both(std::set<std::string> a, const std::set<std::string>& b) {
    a.insert(b.begin(), b.end());
    return a;
}
std::set<std::string> common(const std::set<std::string>& a, const std::set<std::string>& b) {
    std::set<std::string> out;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
    return out;
}

std::set<std::string> variables_in(const Part& part) {
    std::set<std::string> names;
    walk(part, [&](const Part& inner) {
        if (inner.op == Op::Variable) names.insert(inner.name);
    });
    return names;
}

/// What must be set when the part is `truth`. A comparison that is true or false knew all its variables; only of a list one member
/// may have been enough.
std::set<std::string> sure_when(const Part& part, bool truth) {
    switch (part.op) {
        case Op::IsSet: return truth ? std::set{part.name} : std::set<std::string>{};
        case Op::Not: return sure_when(*part.parts[0], !truth);
        case Op::And:
        case Op::Or: {
            const bool each = (part.op == Op::And) == truth;  // each part has this truth, not only one of them
            auto left = sure_when(*part.parts[0], truth), right = sure_when(*part.parts[1], truth);
            return each ? both(std::move(left), right) : common(left, right);
        }
        case Op::In: return variables_in(*part.parts[0]);
        default: return variables_in(part);
    }
}

void find_risks(const Part& part, const std::set<std::string>& sure, std::vector<Mention>& out) {
    if (part.op == Op::Variable && !sure.contains(part.name)) out.push_back({part.name, part.at});
    if (part.op == Op::And || part.op == Op::Or) {
        find_risks(*part.parts[0], sure, out);  // the second is asked when the first is true (and) or false (or)
        return find_risks(*part.parts[1], both(sure, sure_when(*part.parts[0], part.op == Op::And)), out);
    }
    for (const auto& inner : part.parts) find_risks(*inner, sure, out);
}

}  // namespace

std::optional<bool> Expression::holds(const Surroundings& surroundings) const { return Calculation(surroundings).truth_of(*root_); }

std::optional<std::string> Expression::text(const Surroundings& surroundings) const {
    const Value value = Calculation(surroundings).of(*root_);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    const auto* number = std::get_if<std::int64_t>(&value);
    if (!number) return std::nullopt;
    if (root_->kind == Kind::Time) return write_minute(static_cast<int>(*number));
    if (root_->kind == Kind::Date) return write_day(*number);
    return std::to_string(*number);
}

std::set<std::string> Expression::variables() const { return variables_in(*root_); }

std::vector<Mention> Expression::queues() const {
    std::vector<Mention> out;
    walk(*root_, [&](const Part& part) {
        if (part.op == Op::QueueReady || part.op == Op::QueueWaiting || part.op == Op::QueueWait)
            out.push_back({part.name, part.at});
    });
    return out;
}

std::vector<Mention> Expression::risks(const std::set<std::string>& sure) const {
    std::vector<Mention> out;
    find_risks(*root_, sure, out);
    return out;
}

std::set<std::string> Expression::sure_when_true() const { return sure_when(*root_, true); }

}  // namespace hotline::ivr
