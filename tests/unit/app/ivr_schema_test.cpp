// The schema of programs, as an editor applies it, on programs that are known to be right: those of the sample sites and the
// examples of docs/ivr.md. Only the keywords that our schema uses (JSON Schema, draft 7).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

namespace hotline::app {
namespace {

using Json = nlohmann::json;

class Schema {
  public:
    explicit Schema(const std::string& path) : root_(Json::parse(std::ifstream(path))) {}

    /// What is wrong with it; empty: nothing.
    std::string complaint(const Json& value) const { return complaint(root_, value, ""); }

  private:
    std::string complaint(const Json& schema, const Json& value, const std::string& at) const {
        std::string wrong;
        for (const auto& [keyword, wanted] : schema.items())
            if (wrong.empty()) wrong = complaint(schema, keyword, wanted, value, at);
        return wrong;
    }

    std::string complaint(const Json& schema, const std::string& keyword, const Json& wanted, const Json& value,
                          const std::string& at) const {
        const auto refuse_if = [&](bool wrong) { return wrong ? at + ": " + keyword + ' ' + wanted.dump() : std::string(); };
        if (keyword == "$ref") return complaint(root_.at(Json::json_pointer(wanted.get<std::string>().substr(1))), value, at);
        if (keyword == "type") return refuse_if(!is(value, wanted));
        if (keyword == "const") return refuse_if(value != wanted);
        if (keyword == "enum") return refuse_if(std::find(wanted.begin(), wanted.end(), value) == wanted.end());
        if (keyword == "oneOf" || keyword == "anyOf") return one_of(keyword, wanted, value, at);
        if (value.is_number() && keyword == "minimum") return refuse_if(value < wanted);
        if (value.is_number() && keyword == "maximum") return refuse_if(value > wanted);
        if (value.is_string()) {
            const auto text = value.get<std::string>();
            if (keyword == "minLength") return refuse_if(text.size() < wanted.get<std::size_t>());
            if (keyword == "pattern") return refuse_if(!std::regex_search(text, std::regex(wanted.get<std::string>())));
        }
        if (value.is_array() && keyword == "minItems") return refuse_if(value.size() < wanted.get<std::size_t>());
        if (value.is_array() && keyword == "items") {
            for (std::size_t i = 0; i < value.size(); ++i)
                if (auto wrong = complaint(wanted, value[i], at + '/' + std::to_string(i)); !wrong.empty()) return wrong;
        }
        return value.is_object() ? of_object(schema, keyword, wanted, value, at) : "";
    }

    std::string of_object(const Json& schema, const std::string& keyword, const Json& wanted, const Json& value,
                          const std::string& at) const {
        if (keyword == "minProperties" && value.size() < wanted.get<std::size_t>()) return at + ": is too small";
        if (keyword == "maxProperties" && value.size() > wanted.get<std::size_t>()) return at + ": is too large";
        if (keyword == "required") {
            for (const auto& name : wanted)
                if (!value.contains(name.get<std::string>())) return at + ": lacks " + name.dump();
        }
        for (const auto& [name, member] : value.items()) {
            const bool known = schema.contains("properties") && schema.at("properties").contains(name);
            std::string wrong;
            if (keyword == "propertyNames") wrong = complaint(wanted, Json(name), at + '/' + name);
            if (keyword == "properties" && known) wrong = complaint(wanted.at(name), member, at + '/' + name);
            if (keyword == "additionalProperties" && !known) {
                if (wanted.is_object()) wrong = complaint(wanted, member, at + '/' + name);
                if (wanted == false) wrong = at + ": unknown " + name;
            }
            if (!wrong.empty()) return wrong;
        }
        return "";
    }

    std::string one_of(const std::string& keyword, const Json& schemas, const Json& value, const std::string& at) const {
        int fits = 0;
        for (const auto& schema : schemas) fits += complaint(schema, value, at).empty();
        if (fits == 1 || (keyword == "anyOf" && fits > 1)) return "";
        return at + ": fits " + std::to_string(fits) + " of its forms";
    }

    static bool is(const Json& value, const Json& type) {
        if (type.is_array()) return std::any_of(type.begin(), type.end(), [&](const auto& one) { return is(value, one); });
        if (type == "integer") return value.is_number_integer();
        if (type == "number") return value.is_number();
        return type == std::string(value.type_name());
    }

    const Json root_;
};

TEST(ProgramSchema, TakesTheProgramsOfTheSampleSites) {
    const Schema schema("config/schema/ivr.schema.json");
    int programs = 0;
    for (const char* folder : {"config/travel/ivr", "config/fitness/ivr"})
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            ++programs;
            EXPECT_EQ(schema.complaint(Json::parse(std::ifstream(entry.path()), nullptr, true, true)), "") << entry.path();
        }
    EXPECT_GE(programs, 9);
}

TEST(ProgramSchema, TakesTheExamplesOfThePage) {
    const Schema schema("config/schema/ivr.schema.json");
    std::ifstream page("docs/ivr.md");
    std::string line, example;
    int examples = 0;
    bool inside = false;
    while (std::getline(page, line)) {
        if (line == "```" && example.find("\"nodes\"") != std::string::npos) {
            ++examples;
            EXPECT_EQ(schema.complaint(Json::parse(example)), "") << example;
        }
        if (line.starts_with("```"))
            example.clear(), inside = line == "```json";
        else if (inside)
            example += line + '\n';
    }
    EXPECT_GE(examples, 20);
}

TEST(ProgramSchema, SeesMistakes) {
    const Schema schema("config/schema/ivr.schema.json");
    const auto with = [&](const std::string& node) {
        return schema.complaint(Json::parse(R"({ "start": "a", "nodes": { "a": )" + node + " } }"));
    };
    EXPECT_EQ(with(R"({ "type": "hangup" })"), "");
    EXPECT_EQ(with(R"({ "type": "hangup", "farewel": [] })"), "/nodes/a: fits 0 of its forms");
    EXPECT_EQ(with(R"({ "type": "goto" })"), "/nodes/a: fits 0 of its forms");
    EXPECT_EQ(with(R"({ "type": "goto", "goto": 7 })"), "/nodes/a: fits 0 of its forms");
    EXPECT_EQ(schema.complaint(Json::parse(R"({ "nodes": {} })")), "/nodes: is too small");
}

}  // namespace
}  // namespace hotline::app
