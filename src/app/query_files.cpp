#include "app/query_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace hotline::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxQueryBytes = 65536;
constexpr std::size_t kMaxParameters = 50;

/// What PostgreSQL calls a column that nobody named and whose expression has another word for it: count of a cast to int is "int4".
constexpr const char* kGivenNames[] = {"?column?",         "bool",          "int2",      "int4",    "int8",
                                       "float4",           "float8",        "numeric",   "bit",     "varbit",
                                       "bpchar",           "varchar",       "time",      "timetz",  "timestamp",
                                       "timestamptz",      "timezone",      "btrim",     "ltrim",   "rtrim",
                                       "pg_collation_for", "is_normalized", "xmlexists", "overlaps"};

std::string folded(std::string_view name) {
    std::string out(name);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool begins_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

Place place_in(const std::string& path, std::string_view text, std::size_t at) {
    Place place{path, 1, 1};
    for (const char c : text.substr(0, at)) {
        if (c == '\n') {
            ++place.line;
            place.column = 1;
        } else if (begins_character(c)) {
            ++place.column;
        }
    }
    return place;
}

/// Goes through a statement as PostgreSQL's own scanner does (its manual, 4.1): what stands in quotes and comments is no parameter.
class SqlScanner {
  public:
    SqlScanner(QueryFile& file, Problems& problems) : file_(file), text_(file.text), problems_(problems) {}

    /// The statement with $1, $2, … and their names.
    ivr::Query scan() {
        trim();
        query_.words.emplace(std::begin(kGivenNames), std::end(kGivenNames));
        while (at_ < end_) step();
        if (unnamed_) query_.words.reset();
        return std::move(query_);
    }

  private:
    /// Blanks at either end, and the semicolon that one writes from habit.
    void trim() {
        end_ = text_.size();
        while (end_ > 0 && (is_blank(text_[end_ - 1]) || text_[end_ - 1] == ';')) --end_;
        file_.stretches.emplace_back(0, 0);
    }

    void step() {
        const std::string_view rest = std::string_view(text_).substr(at_, end_ - at_);
        const char c = rest[0];
        if (rest.starts_with("--")) return take(std::min(rest.find('\n'), rest.size()));
        if (rest.starts_with("/*")) return take(comment_length(rest));
        if (c == '\'') return literal(quoted_length(rest, '\'', after_e()));
        if (c == '"') return quoted_name(rest.substr(0, quoted_length(rest, '"', false)));
        if (c == '$') return dollar(rest);
        if (rest.starts_with("::") || rest.starts_with(":=")) return take(2);
        if (c == ':' && rest.size() > 1 && begins_name(rest[1])) return parameter(rest);
        if (c == ';') {
            problems_.error(place_in(file_.path, text_, at_), "a query is one statement. Put the other into a file of its own.");
            end_ = at_;
            return;
        }
        if (!begins_name(c)) return sign(c);
        const auto length = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), continues_name) - rest.begin());
        word(folded(rest.substr(0, length)));
        take(length);
    }

    /// `*` behind these stands for columns, and so may the one behind a parenthesis; elsewhere it multiplies or counts.
    void sign(char c) {
        if (c == '*') unnamed_ |= before_ == '.' || before_ == ',' || before_ == ')' || before_ == 's';
        if (!is_blank(c)) before_ = c;
        take(1);
    }
    void word(const std::string& name) {
        unnamed_ |= name == "table" || name == "values";  // instead of a select
        before_ = name == "select" || name == "distinct" || name == "all" ? 's' : 'w';
        query_.words->insert(name);
    }
    void literal(std::size_t length) {
        before_ = 'w';
        take(length);
    }
    void quoted_name(std::string_view quoted) {
        std::string name;
        for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
            name += quoted[i];
            if (quoted[i] == '"') ++i;  // two are one
        }
        before_ = 'w';
        query_.words->insert(std::move(name));
        take(quoted.size());
    }

    void take(std::size_t length) {
        query_.sql += text_.substr(at_, length);
        at_ += length;
    }

    void parameter(std::string_view rest) {
        const auto last = std::find_if_not(rest.begin() + 1, rest.end(), continues_name);
        const std::string name(rest.begin() + 1, last);
        auto& known = query_.parameters;
        auto it = std::find(known.begin(), known.end(), name);
        if (it == known.end()) {
            if (known.size() >= kMaxParameters)
                problems_.error(place_in(file_.path, text_, at_), "a query takes 50 parameters at most.");
            it = known.insert(known.end(), name);
        }
        before_ = 'w';
        file_.stretches.emplace_back(query_.sql.size(), at_);
        query_.sql += '$' + std::to_string(it - known.begin() + 1);
        at_ += name.size() + 1;
        file_.stretches.emplace_back(query_.sql.size(), at_);
    }

    /// $1, which is ours to write, or $tag$ … $tag$.
    void dollar(std::string_view rest) {
        if (rest.size() > 1 && rest[1] >= '0' && rest[1] <= '9') {
            problems_.error(place_in(file_.path, text_, at_), "parameters have names here: write :order_no, not $1.");
            return take(2);
        }
        const auto tag_end = rest.find('$', 1);
        const bool tag = tag_end != std::string_view::npos &&
                         std::all_of(rest.begin() + 1, rest.begin() + static_cast<std::ptrdiff_t>(tag_end), continues_name);
        if (!tag) return take(1);
        const auto close = rest.find(rest.substr(0, tag_end + 1), tag_end + 1);
        literal(close == std::string_view::npos ? rest.size() : close + tag_end + 1);
    }

    /// E'…': a backslash takes the quote behind it.
    bool after_e() const {
        const auto& sql = query_.sql;
        if (sql.empty() || (sql.back() != 'e' && sql.back() != 'E')) return false;
        return sql.size() == 1 || !continues_name(sql[sql.size() - 2]);
    }

    static std::size_t quoted_length(std::string_view rest, char quote, bool backslashes) {
        for (std::size_t i = 1; i < rest.size(); ++i) {
            if (backslashes && rest[i] == '\\') {
                ++i;
            } else if (rest[i] == quote) {
                if (i + 1 == rest.size() || rest[i + 1] != quote) return i + 1;
                ++i;
            }
        }
        return rest.size();
    }

    /// Comments of this kind stand in each other.
    static std::size_t comment_length(std::string_view rest) {
        int depth = 1;
        std::size_t i = 2;
        for (; i < rest.size() && depth > 0; ++i) {
            if (rest.substr(i).starts_with("/*")) {
                ++depth, ++i;
            } else if (rest.substr(i).starts_with("*/")) {
                --depth, ++i;
            }
        }
        return i;
    }

    QueryFile& file_;
    const std::string& text_;
    Problems& problems_;
    ivr::Query query_;
    std::size_t at_ = 0, end_ = 0;
    char before_ = 's';     // the last sign, or 'w': a word, 's': one that columns follow
    bool unnamed_ = false;  // it gives columns without naming them
};

bool read_whole(const fs::path& path, std::string& out) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return false;
    out.assign(std::istreambuf_iterator<char>(in), {});
    return true;
}

}  // namespace

Place QueryFile::place_of(int position) const {
    const std::string& sql = query->sql;
    std::size_t byte = 0;
    for (int characters = 1; byte < sql.size(); ++byte)
        if (begins_character(sql[byte]) && characters++ >= position) break;
    const auto behind = std::upper_bound(stretches.begin(), stretches.end(), byte,
                                         [](std::size_t at, const auto& stretch) { return at < stretch.first; });
    const auto& [from, written] = *(behind - 1);
    return place_in(path, text, std::min(text.size(), written + (byte - from)));
}

Place QueryFile::place_of_parameter(std::size_t number) const {
    const std::string sign = '$' + std::to_string(number + 1);
    for (std::size_t i = 1; i < stretches.size(); ++i) {
        const auto& [from, written] = stretches[i];
        const auto behind = from + sign.size();
        const bool whole = behind >= query->sql.size() || query->sql[behind] < '0' || query->sql[behind] > '9';
        if (whole && query->sql.compare(from, sign.size(), sign) == 0) return place_in(path, text, written);
    }
    return {path, 1, 1};
}

QueryFile read_query(const std::string& path, const std::string& name, std::string text, Problems& problems) {
    QueryFile file{path, std::move(text), nullptr, {}};
    const auto before = problems.errors();
    if (file.text.size() > kMaxQueryBytes) {
        problems.error({path, 1, 1}, "the query is longer than 64 KiB. Put what is in it into a view, and ask that.");
        return file;
    }
    auto query = SqlScanner(file, problems).scan();
    query.name = name;
    if (query.sql.find_first_not_of(" \t\r\n") == std::string::npos)
        problems.error({path, 1, 1}, "the file is empty. Write one select.");
    if (problems.errors() == before) file.query = std::make_shared<const ivr::Query>(std::move(query));
    return file;
}

QueryShelf::QueryShelf(const std::string& dir, Problems& problems) : problems_(&problems) {
    std::error_code error;
    for (fs::directory_iterator it(dir + "/queries", error), end; !error && it != end; it.increment(error)) {
        const fs::path& path = it->path();
        if (path.extension() != ".sql") {
            problems.warn({path.string(), 1, 1}, "the file is not read: queries are NAME.sql.");
            continue;
        }
        const std::string name = path.stem().string();
        std::string text;
        if (read_whole(path, text)) {
            files_[name] = read_query(path.string(), name, std::move(text), problems);
        } else {
            problems.error({path.string(), 1, 1}, "cannot be read. Check its rights.");
        }
    }
}

std::shared_ptr<const ivr::Query> QueryShelf::find(const std::string& name, const Place& at) const {
    const auto it = files_.find(name);
    if (it != files_.end()) {
        used_.insert(name);
        return it->second.query;
    }
    std::vector<std::string> names;
    for (const auto& [known, file] : files_) names.push_back(known);
    problems_->error(at, "there is no query queries/" + name + ".sql." + suggestion(name, names));
    return nullptr;
}

void QueryShelf::warn_of_unused() const {
    for (const auto& [name, file] : files_)
        if (!used_.contains(name))
            problems_->warn({file.path, 1, 1}, "no menu asks this query. Remove it, or name it in a lookup.");
}

std::vector<QueryFile> QueryShelf::all() const {
    std::vector<QueryFile> out;
    for (const auto& [name, file] : files_)
        if (file.query) out.push_back(file);
    return out;
}

}  // namespace hotline::app
