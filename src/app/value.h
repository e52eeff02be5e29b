// JSON with comments as a tree in which every value knows where it was written. The reader of configuration works on this.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/problems.h"

namespace hotline::app {

struct Member;

struct Value {
    enum class Type { Null, Bool, Integer, Number, Text, Array, Object };
    Type type = Type::Null;
    Place at;
    bool flag = false;
    std::int64_t integer = 0;
    double number = 0;  // also set for Integer
    std::string text;
    std::vector<Value> items;
    std::vector<Member> members;  // in the order of the file

    const Value* find(std::string_view key) const;
    Value* find(std::string_view key);
    std::vector<std::string> keys() const;
};

struct Member {
    std::string key;
    Place at;  // of the key
    Value value;
};

std::string_view name_of(Value::Type type);  // "a whole number", "text": for messages

/// Reads JSON (RFC 8259) with // and /* */ comments. A syntax error, a key that comes twice in one object, or more than 64 levels
/// go to `problems`; the value is then what could be read.
Value parse_json(std::string_view text, const std::string& file, Problems& problems);

/// One value from the command line: JSON, else the text itself. All of it stands at `at`.
Value parse_setting(std::string_view text, const Place& at);

}  // namespace hotline::app
