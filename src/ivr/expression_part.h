// An expression as a tree: what the parser builds and everything else walks.
#pragma once
#include "hotline/ivr/notation.h"

namespace hotline::ivr {

/// A value while an expression is worked out. Nothing: not known. Times are minutes of the day, dates 20261001, weekdays 1–7.
using Value = std::variant<std::monostate, bool, std::int64_t, std::string>;

struct Expression::Part {
    enum class Op {
        Literal,
        Variable,
        Caller,
        Called,
        Language,
        Time,
        Weekday,
        Date,
        QueueReady,
        QueueWaiting,
        QueueWait,  // these have no parts
        IsSet,
        Not,
        And,
        Or,
        Equal,
        NotEqual,
        Less,
        LessOrEqual,
        Greater,
        GreaterOrEqual,
        In,
        StartsWith,
        Plus,
        Minus,
    };
    /// Any: a variable's text, which takes the kind of what it is compared with.
    enum class Kind { Any, Text, Number, Time, Date, Weekday, Truth };

    Op op = Op::Literal;
    Kind kind = Kind::Any;
    std::size_t at = 0;
    Value literal;
    std::string name;  // of the variable, of the queue
    std::vector<std::shared_ptr<const Part>> parts;
};

}  // namespace hotline::ivr
