#include "app/reader.h"

#include <cmath>
#include <cstdio>

namespace hotline::app {
namespace {

std::string plain_number(double v) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.10g", v);
    return buffer;
}

std::string out_of_range(double found, double low, double high) {
    return plain_number(found) + " is out of range. Give a value from " + plain_number(low) + " to " + plain_number(high) + '.';
}

bool is_number(const Value& v) { return v.type == Value::Type::Integer || v.type == Value::Type::Number; }

}  // namespace

std::string wrong_type(std::string_view expected, const Value& found) {
    return "expected " + std::string(expected) + ", but this is " + std::string(name_of(found.type)) + '.';
}

Reader::Reader(const Value* object, Place at, Problems& problems) : object_(object), at_(std::move(at)), problems_(&problems) {
    if (!object_) return;
    at_ = object_->at;
    if (object_->type == Value::Type::Object) return;
    problems.error(at_, wrong_type("an object { }", *object_));
    object_ = nullptr;
}

const Value* Reader::any(std::string_view key) {
    known_.emplace_back(key);
    return object_ ? object_->find(key) : nullptr;
}

const Value* Reader::value(std::string_view key, Value::Type type) {
    const Value* found = any(key);
    if (!found || found->type == type) return found;
    problems_->error(found->at, wrong_type(name_of(type), *found));
    return nullptr;
}

const Value* Reader::required(std::string_view key, Value::Type type) {
    if (!has(key)) problems_->error(at_, "\"" + std::string(key) + "\" is missing. Add it: " + std::string(name_of(type)) + '.');
    return value(key, type);
}

Place Reader::place(std::string_view key) const {
    const Value* found = object_ ? object_->find(key) : nullptr;
    return found ? found->at : at_;
}

bool Reader::flag(std::string_view key, bool fallback) {
    const Value* found = value(key, Value::Type::Bool);
    return found ? found->flag : fallback;
}

std::int64_t Reader::whole(std::string_view key, std::int64_t fallback, std::int64_t low, std::int64_t high) {
    const Value* found = value(key, Value::Type::Integer);
    if (!found) return fallback;
    if (found->integer >= low && found->integer <= high) return found->integer;
    problems_->error(found->at, out_of_range(found->number, static_cast<double>(low), static_cast<double>(high)));
    return fallback;
}

std::optional<double> Reader::bounded(std::string_view key, double low, double high) {
    const Value* found = any(key);
    if (!found) return std::nullopt;
    if (!is_number(*found)) {
        problems_->error(found->at, wrong_type("a number", *found));
        return std::nullopt;
    }
    if (found->number >= low && found->number <= high) return found->number;
    problems_->error(found->at, out_of_range(found->number, low, high));
    return std::nullopt;
}

double Reader::number(std::string_view key, double fallback, double low, double high) {
    return bounded(key, low, high).value_or(fallback);
}

Duration Reader::duration(std::string_view key, Duration fallback, Duration low, Duration high, double unit_ns) {
    const auto units = [&](Duration d) { return static_cast<double>(d.count()) / unit_ns; };
    const auto found = bounded(key, units(low), units(high));
    return found ? Duration(std::llround(*found * unit_ns)) : fallback;
}
Duration Reader::seconds(std::string_view key, Duration fallback, Duration low, Duration high) {
    return duration(key, fallback, low, high, 1e9);
}
Duration Reader::milliseconds(std::string_view key, Duration fallback, Duration low, Duration high) {
    return duration(key, fallback, low, high, 1e6);
}

std::string Reader::text(std::string_view key, std::string fallback) {
    const Value* found = value(key, Value::Type::Text);
    return found ? found->text : std::move(fallback);
}

std::string Reader::required_text(std::string_view key) {
    const Value* found = required(key, Value::Type::Text);
    if (found && found->text.empty())
        problems_->error(found->at, "\"" + std::string(key) + "\" is empty. Write something between the quotes.");
    return found ? found->text : std::string();
}

std::vector<std::string> Reader::texts(std::string_view key, std::vector<std::string> fallback) {
    const Value* found = value(key, Value::Type::Array);
    if (!found) return fallback;
    std::vector<std::string> out;
    for (const auto& item : found->items) {
        if (item.type == Value::Type::Text) {
            out.push_back(item.text);
        } else {
            problems_->error(item.at, wrong_type("text in quotes", item));
        }
    }
    return out;
}

std::optional<std::size_t> Reader::one_of(std::string_view key, const std::vector<std::string>& names) {
    const Value* found = value(key, Value::Type::Text);
    if (!found) return std::nullopt;
    const auto it = std::find(names.begin(), names.end(), found->text);
    if (it != names.end()) return static_cast<std::size_t>(it - names.begin());
    problems_->error(found->at, "\"" + found->text + "\" is not known here." + suggestion(found->text, names));
    return std::nullopt;
}

Reader Reader::section(std::string_view key) { return Reader(any(key), at_, *problems_); }

void Reader::finish() {
    if (!object_) return;
    for (const auto& member : object_->members) {
        if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
        problems_->error(member.at, "unknown key \"" + member.key + "\"." + suggestion(member.key, known_));
    }
}

}  // namespace hotline::app
