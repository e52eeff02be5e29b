// docs/facts.md against the facts themselves: every kind, every field, in order, with its type; and nothing that is no longer
// there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "hotline/call/facts.h"

namespace hotline::store {
namespace {

using Fields = std::vector<std::string>;  // "`name` type"
using Catalogue = std::map<std::string, Fields>;

struct Describe {
    Fields& fields;
    void operator()(std::string_view name, const std::string&) { add(name, "text"); }
    void operator()(std::string_view name, std::int64_t) { add(name, "integer"); }
    void operator()(std::string_view name, double) { add(name, "number"); }
    void operator()(std::string_view name, bool) { add(name, "boolean"); }
    void operator()(std::string_view name, Wall) { add(name, "time"); }
    template <class T>
    void operator()(std::string_view name, const std::optional<T>&) {
        (*this)(name, T{});
        fields.back() += " or null";
    }
    template <class T>
    void operator()(std::string_view name, const std::vector<T>&) {
        Fields inner;
        T{}.fields(Describe{inner});
        std::string list = "list of {";
        for (const auto& field : inner) list += (list.back() == '{' ? "" : ", ") + field;
        add(name, list + "}");
    }
    void add(std::string_view name, const std::string& type) { fields.push_back("`" + std::string(name) + "` " + type); }
};

template <std::size_t... I>
Catalogue describe_all(std::index_sequence<I...>) {
    Catalogue all;
    const auto describe = [&]<class T>(const T& fact) { fact.fields(Describe{all[std::string(T::kKind)]}); };
    (describe(std::variant_alternative_t<I, call::FactBody>{}), ...);
    return all;
}

std::filesystem::path source(const std::string& path) {
    for (auto dir = std::filesystem::current_path(); dir != dir.root_path(); dir = dir.parent_path()) {
        if (std::filesystem::exists(dir / "docs/facts.md")) return dir / path;
    }
    return path;
}

/// "| `field` | type | meaning |" as "`field` type"; none for other lines.
std::optional<std::string> field_of(const std::string& line) {
    std::istringstream cells(line);
    std::string cell[3];
    char bar = 0;
    if (!cells.get(bar) || bar != '|') return std::nullopt;
    for (auto& text : cell) {
        if (!std::getline(cells, text, '|') || text.size() < 3) return std::nullopt;
        text = text.substr(1, text.size() - 2);
    }
    return cell[0].starts_with('`') ? std::optional(cell[0] + ' ' + cell[1]) : std::nullopt;
}

/// "## Kind", then its fields.
Catalogue read_docs() {
    Catalogue all;
    std::ifstream in(source("docs/facts.md"));
    Fields* kind = nullptr;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("## ")) kind = &all[line.substr(3)];
        if (line.starts_with("# ")) kind = nullptr;
        const auto field = field_of(line);
        if (kind && field) kind->push_back(*field);
    }
    return all;
}

TEST(FactCatalogue, TellsEveryKindAndEveryField) {
    const Catalogue facts = describe_all(std::make_index_sequence<std::variant_size_v<call::FactBody>>{}), docs = read_docs();
    for (const auto& [kind, fields] : facts) {
        ASSERT_TRUE(docs.contains(kind)) << "docs/facts.md says nothing of " << kind;
        EXPECT_EQ(docs.at(kind), fields) << kind;
    }
    for (const auto& [kind, fields] : docs)
        EXPECT_TRUE(facts.contains(kind)) << "docs/facts.md tells of a fact that there is not: " << kind;
}

}  // namespace
}  // namespace hotline::store
