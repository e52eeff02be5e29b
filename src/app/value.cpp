// The JSON library tells what it read, not where. It takes its input through an iterator, so the reader below counts what has been
// taken, and at each event finds the beginning of the token that ends there.
#include "app/value.h"

#include <iterator>
#include <nlohmann/json.hpp>

namespace hotline::app {
namespace {

constexpr std::size_t kMaxDepth = 64;

/// An input iterator whose copies share one position.
class Cursor {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    explicit Cursor(const char** at) : at_(at) {}
    reference operator*() const { return **at_; }
    Cursor& operator++() {
        ++*at_;
        return *this;
    }
    Cursor operator++(int) {
        ++*at_;
        return *this;
    }
    friend bool operator==(const Cursor& a, const Cursor& b) { return *a.at_ == *b.at_; }
    friend bool operator!=(const Cursor& a, const Cursor& b) { return !(a == b); }

  private:
    const char** at_;
};

/// Line and column of byte offsets that only rise.
class LineCounter {
  public:
    LineCounter(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {
        if (text_.starts_with("\xEF\xBB\xBF")) offset_ = 3;
    }
    Place place(std::size_t offset) {
        offset = std::min(offset, text_.size());
        for (; offset_ < offset; ++offset_) {
            const auto c = static_cast<unsigned char>(text_[offset_]);
            if (c == '\n') {
                ++line_;
                column_ = 1;
            } else if ((c & 0xC0) != 0x80) {  // continuation bytes are no characters of their own
                ++column_;
            }
        }
        return {file_, line_, column_};
    }

  private:
    std::string_view text_;
    std::string file_;
    std::size_t offset_ = 0;
    int line_ = 1, column_ = 1;
};

/// Where the token that ends before `end` begins. Strings: back to the first quote that is not escaped. Numbers: the library has
/// read one character further, unless the text ended.
std::size_t start_of_string(std::string_view text, std::size_t end) {
    for (std::size_t i = end - 1; i-- > 0;) {
        if (text[i] != '"') continue;
        std::size_t slashes = 0;
        while (slashes < i && text[i - 1 - slashes] == '\\') ++slashes;
        if (slashes % 2 == 0) return i;
    }
    return 0;
}
std::size_t start_of_number(std::string_view text, std::size_t end) {
    const auto part = [&](std::size_t i) { return std::string_view("0123456789+-.eE").find(text[i]) != std::string_view::npos; };
    if (end > 0 && !part(end - 1)) --end;
    while (end > 0 && part(end - 1)) --end;
    return end;
}

/// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected …" without its
/// head.
std::string plain_words(std::string_view what) {
    for (const std::string_view head : {"syntax error while parsing ", "parse error"}) {
        if (const auto at = what.find(head); at != std::string_view::npos) {
            what = what.substr(at);
            break;
        }
    }
    std::string out(what);
    if (const auto last = out.find("; last read: "); last != std::string::npos) {
        const auto end = out.find("'; expected ", last);
        out.erase(last, end == std::string::npos ? std::string::npos : end + 1 - last);
    }
    return out;
}

class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
  public:
    TreeBuilder(std::string_view text, const std::string& file, const char** at, Problems& problems)
        : text_(text), lines_(text, file), at_(at), problems_(problems) {}

    Value take() { return std::move(root_); }

    bool null() override {
        return scalar(Value::Type::Null, offset() - 4, [](Value&) {});
    }
    bool boolean(bool v) override {
        return scalar(Value::Type::Bool, offset() - (v ? 4 : 5), [&](Value& out) { out.flag = v; });
    }
    bool number_integer(std::int64_t v) override { return integer(v); }
    bool number_unsigned(std::uint64_t v) override {
        if (v > static_cast<std::uint64_t>(INT64_MAX)) return number_float(static_cast<double>(v), {});
        return integer(static_cast<std::int64_t>(v));
    }
    bool number_float(double v, const std::string&) override {
        return scalar(Value::Type::Number, start_of_number(text_, offset()), [&](Value& out) { out.number = v; });
    }
    bool string(std::string& v) override {
        return scalar(Value::Type::Text, start_of_string(text_, offset()), [&](Value& out) { out.text = std::move(v); });
    }
    bool binary(nlohmann::json::binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Value::Type::Object); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Value::Type::Array); }
    bool end_array() override { return close(); }

    bool key(std::string& v) override {
        const auto at = lines_.place(start_of_string(text_, offset()));
        auto& members = open_.back()->members;
        const auto same = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == v; });
        if (same != members.end()) {
            problems_.error(at, "\"" + v + "\" stands here for the second time; the first is in line " +
                                    std::to_string(same->at.line) + ". Remove one of them.");
        }
        key_ = std::move(v);
        key_at_ = at;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
        const std::string words = plain_words(error.what());
        problems_.error(lines_.place(start_of_offender(words, position)),
                        words + ". Look at the comma, quote or bracket before this place.");
        return false;
    }

  private:
    /// The library tells where it stopped reading; people look for where the token begins that it did not want.
    std::size_t start_of_offender(std::string_view words, std::size_t end) const {
        const auto is = [&](std::string_view token) {
            return words.find("unexpected " + std::string(token)) != std::string_view::npos;
        };
        if (is("end of input")) return text_.size();
        if (end == 0 || end > text_.size()) return std::min(end, text_.size());
        if (is("string literal")) return start_of_string(text_, end);
        if (is("number literal")) return start_of_number(text_, end);
        if (is("true literal") || is("null literal")) return end - 4;
        if (is("false literal")) return end - 5;
        return end - 1;
    }

    std::size_t offset() const { return static_cast<std::size_t>(*at_ - text_.data()); }

    bool integer(std::int64_t v) {
        return scalar(Value::Type::Integer, start_of_number(text_, offset()), [&](Value& out) {
            out.integer = v;
            out.number = static_cast<double>(v);
        });
    }
    template <class Fill>
    bool scalar(Value::Type type, std::size_t start, Fill fill) {
        fill(add(type, start));
        return true;
    }
    bool open(Value::Type type) {
        auto& value = add(type, offset() - 1);
        if (open_.size() >= kMaxDepth) {
            problems_.error(value.at,
                            "nested more than " + std::to_string(kMaxDepth) + " levels deep. Nothing in a site needs that.");
            return false;
        }
        open_.push_back(&value);
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    /// Pointers to open values stay valid: a parent's list grows only while none of its children is open.
    Value& add(Value::Type type, std::size_t start) {
        Value value;
        value.type = type;
        value.at = lines_.place(start);
        if (open_.empty()) return root_ = std::move(value);
        Value& parent = *open_.back();
        if (parent.type == Value::Type::Array) return parent.items.emplace_back(std::move(value));
        return parent.members.emplace_back(Member{std::move(key_), key_at_, std::move(value)}).value;
    }

    std::string_view text_;
    LineCounter lines_;
    const char** at_;
    Problems& problems_;
    Value root_;
    std::vector<Value*> open_;
    std::string key_;
    Place key_at_;
};

void stand_at(Value& value, const Place& at) {
    value.at = at;
    for (auto& item : value.items) stand_at(item, at);
    for (auto& member : value.members) {
        member.at = at;
        stand_at(member.value, at);
    }
}

}  // namespace

const Value* Value::find(std::string_view key) const {
    const auto it = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
    return it == members.end() ? nullptr : &it->value;
}
Value* Value::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

std::vector<std::string> Value::keys() const {
    std::vector<std::string> out;
    for (const auto& member : members) out.push_back(member.key);
    return out;
}

std::string_view name_of(Value::Type type) {
    switch (type) {
        case Value::Type::Null: return "null";
        case Value::Type::Bool: return "true or false";
        case Value::Type::Integer: return "a whole number";
        case Value::Type::Number: return "a number";
        case Value::Type::Text: return "text in quotes";
        case Value::Type::Array: return "a list [ ]";
        case Value::Type::Object: return "an object { }";
    }
    return "?";
}

Value parse_json(std::string_view text, const std::string& file, Problems& problems) {
    const char* at = text.data();
    const char* end = text.data() + text.size();
    TreeBuilder builder(text, file, &at, problems);
    constexpr bool kStrict = true, kComments = true;
    nlohmann::json::sax_parse(Cursor(&at), Cursor(&end), &builder, nlohmann::json::input_format_t::json, kStrict, kComments);
    return builder.take();
}

Value parse_setting(std::string_view text, const Place& at) {
    Problems problems;
    Value value = parse_json(text, "", problems);
    if (problems.has_errors()) {
        value = Value{};
        value.type = Value::Type::Text;
        value.text = text;
    }
    stand_at(value, at);
    return value;
}

}  // namespace hotline::app
