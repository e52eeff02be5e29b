#include "store/postgres.h"

#include <bit>
#include <charconv>
#include <concepts>
#include <limits>

namespace hotline::store {
namespace {

/// Big-endian, as everything on PostgreSQL's wire.
template <std::integral T>
void append_integer(std::string& out, T value) {
    for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8)
        out += static_cast<char>(static_cast<std::make_unsigned_t<T>>(value) >> shift & 0xff);
}

template <std::integral T>
void put_integer(std::string& out, std::size_t at, T value) {
    std::string bytes;
    append_integer(bytes, value);
    out.replace(at, bytes.size(), bytes);
}

/// PostgreSQL counts microseconds from 2000-01-01.
constexpr std::int64_t kUnixToPostgres_us = 946'684'800'000'000;

}  // namespace

std::int64_t Rows::integer(int row, int column) const {
    const std::string_view digits = text(row, column);
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

std::string trimmed_message(const char* message) {
    std::string text = message ? message : "";
    for (char& c : text) {
        if (c == '\n') c = ' ';
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out + '\'';
}

SqlError classify(const PGresult* result) {
    const char* const field = result ? ::PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
    const std::string state = field ? field : "";
    const std::string text = state + ' ' + trimmed_message(result ? ::PQresultErrorMessage(result) : "no result");
    if (state.size() != 5) return {SqlError::Kind::Lost, text};
    // Only what lies in the values themselves may cost a fact. Lack of resources, locks, shutdown, read-only standby, missing
    // rights or tables, and internal errors pass, or are for an operator to cure; nothing is lost meanwhile.
    static constexpr std::string_view kAboutValues[] = {"21", "22", "23", "44", "54"};
    const auto about_values = std::ranges::find(kAboutValues, std::string_view(state).substr(0, 2)) != std::end(kAboutValues);
    SqlError error{about_values ? SqlError::Kind::Refused : SqlError::Kind::Away, text};
    error.state = state;
    const auto words = [&](int which) { return trimmed_message(::PQresultErrorField(result, which)); };
    error.message = words(PG_DIAG_MESSAGE_PRIMARY);
    if (const auto hint = words(PG_DIAG_MESSAGE_HINT); !hint.empty()) error.message += ". " + hint;
    const std::string at = words(PG_DIAG_STATEMENT_POSITION);
    std::from_chars(at.data(), at.data() + at.size(), error.position);
    return error;
}

bool in_calendar(Wall at) { return at >= Wall(std::chrono::sys_days(std::chrono::year(-4000) / 1 / 1)); }

Parameters::Array::Array(Oid element) {
    append_integer(bytes_, std::int32_t{1});  // dimensions
    append_integer(bytes_, std::int32_t{0});  // has nulls
    append_integer(bytes_, static_cast<std::int32_t>(element));
    append_integer(bytes_, std::int32_t{0});  // length
    append_integer(bytes_, std::int32_t{1});  // lower bound
}

void Parameters::Array::add_length(std::int32_t length) {
    append_integer(bytes_, length);
    ++count_;
}
void Parameters::Array::add(std::int64_t value) {
    add_length(sizeof value);
    append_integer(bytes_, value);
}
void Parameters::Array::add(Wall at) {
    // What lies outside is sent as a value that the server refuses, as one fact's fault; it must not wrap into a valid one.
    add(in_calendar(at) ? to_unix_us(at) - kUnixToPostgres_us : std::numeric_limits<std::int64_t>::min() + 1);
}
void Parameters::Array::add(std::string_view text) {
    add_length(static_cast<std::int32_t>(text.size()));
    bytes_ += text;
}
void Parameters::Array::add_jsonb(std::string_view json) {
    add_length(static_cast<std::int32_t>(json.size() + 1));
    bytes_ += '\1';  // version of jsonb_recv
    bytes_ += json;
}
void Parameters::Array::add_null() {
    add_length(-1);
    has_null_ = true;
}
std::string Parameters::Array::finish() && {
    put_integer(bytes_, 4, static_cast<std::int32_t>(has_null_));
    put_integer(bytes_, 12, count_);
    return std::move(bytes_);
}

void Parameters::add(std::string bytes) { values_.push_back(std::move(bytes)); }
void Parameters::add(Array array) { values_.push_back(std::move(array).finish()); }
void Parameters::add(std::int64_t value) { append_integer(values_.emplace_back(), value); }

std::vector<const char*> Parameters::pointers() const {
    std::vector<const char*> all;
    for (const auto& value : values_) all.push_back(value.data());
    return all;
}
std::vector<int> Parameters::lengths() const {
    std::vector<int> all;
    for (const auto& value : values_) all.push_back(static_cast<int>(value.size()));
    return all;
}

}  // namespace hotline::store
