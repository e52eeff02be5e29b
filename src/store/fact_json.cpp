#include "store/fact_json.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "hotline/base/text.h"
#include "hotline/store/journal.h"

namespace hotline::store {
namespace {

bool needs_no_escape(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

void append_escaped(std::string& out, unsigned char c) {
    static constexpr char kHex[] = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        case 0: out += "\xEF\xBF\xBD"; return;  // jsonb has no place for \u0000
        default: out += {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
    }
}

class ObjectWriter {
  public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
    void close() { out_ += '}'; }

    template <class T>
    void operator()(std::string_view name, const T& value) {
        if (!first_) out_ += ',';
        first_ = false;
        out_ += '"';
        out_ += name;
        out_ += "\":";
        write(value);
    }

  private:
    void write(const std::string& value) { append_json_text(out_, value); }
    void write(bool value) { out_ += value ? "true" : "false"; }
    void write(std::int64_t value) { write_number(value); }
    void write(double value) {
        if (std::isfinite(value)) {
            write_number(value);
        } else {
            out_ += "null";
        }
    }
    void write(Wall value) { append_json_text(out_, to_iso8601(value)); }
    template <class T>
    void write(const std::optional<T>& value) {
        if (value) {
            write(*value);
        } else {
            out_ += "null";
        }
    }
    template <class T>
    void write(const std::vector<T>& list) {
        out_ += '[';
        for (const T& item : list) {
            if (&item != &list.front()) out_ += ',';
            ObjectWriter writer(out_);
            item.fields(writer);
            writer.close();
        }
        out_ += ']';
    }
    template <class T>
    void write_number(T value) {
        char text[40];
        out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
    }

    std::string& out_;
    bool first_ = true;
};

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        std::size_t run = 0;
        while (run < text.size() && needs_no_escape(static_cast<unsigned char>(text[run]))) ++run;
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        while (run = 0, !text.empty() && !needs_no_escape(static_cast<unsigned char>(text[0]))) {
            while (run < text.size() && static_cast<unsigned char>(text[run]) >= 0x80) ++run;
            if (run > 0) {
                out += valid_text(text.substr(0, run), std::numeric_limits<std::size_t>::max());
            } else {
                append_escaped(out, static_cast<unsigned char>(text[0]));
                run = 1;
            }
            text.remove_prefix(run);
        }
    }
    out += '"';
}

std::string to_iso8601(Wall wall) {
    const auto day = std::chrono::floor<std::chrono::days>(wall);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(wall - day);
    char text[64];
    const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                     static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                                     static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return std::string(text, static_cast<std::size_t>(length));
}

void append_json(std::string& out, const call::FactBody& body) {
    std::visit(
        [&](const auto& fact) {
            ObjectWriter writer(out);
            fact.fields(writer);
            writer.close();
        },
        body);
}

std::string to_json(const call::FactBody& body) {
    std::string out;
    append_json(out, body);
    return out;
}

std::string_view kind_of(const call::FactBody& body) {
    return std::visit([](const auto& fact) { return std::remove_cvref_t<decltype(fact)>::kKind; }, body);
}

}  // namespace hotline::store
