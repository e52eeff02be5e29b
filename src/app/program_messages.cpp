// Nodes in which the caller says something that others will hear or count: voice messages, questions of a survey.
#include "app/program_compiler.h"

namespace hotline::app {
namespace {

constexpr Duration kLongestMessage = 10min;  // what can be played back to him (media::kLongestSound)

std::vector<std::pair<std::string, char>> phone_keys() {
    std::vector<std::pair<std::string, char>> out;
    for (const char key : std::string_view("0123456789*#")) out.emplace_back(std::string(1, key), key);
    return out;
}

}  // namespace

ivr::NodeBody ProgramCompiler::record(const std::string&, Reader& reader) {
    ivr::Record out{};
    out.what = reader.required_text("what");
    out.queue = reader.text("queue", "");
    if (!out.queue.empty()) check_queue(out.queue, reader.place("queue"));
    out.greeting = prompts(reader, "greeting");
    out.beep = reader.flag("beep", out.beep);
    out.shortest = reader.seconds("shortest_s", out.shortest, 0s, 60s);
    out.longest = reader.seconds("longest_s", out.longest, 1s, kLongestMessage);
    out.silence = reader.seconds("silence_s", out.silence, 500ms, 60s);
    auto keys = phone_keys();
    keys.emplace_back("", '\0');
    out.end_key = reader.choice<char>("end_key", out.end_key, keys);
    out.on_silent = tapered(reader, "nothing_said");
    out.max_silent = reader.integer("attempts", out.max_silent, 1, 20);
    out.review = review(reader);
    out.next = next(reader, "goto");
    out.silent = next(reader, "silent");
    out.failed = next(reader, "failed");
    if (out.review || reader.has("discarded")) out.discarded = next(reader, "discarded");
    if (!out.review && reader.has("discarded"))
        reader.warn("discarded", "without a review nobody can discard his message: this exit is never taken. Leave it out.");
    reader.any("discarded");
    return out;
}

std::optional<ivr::Record::Review> ProgramCompiler::review(Reader& record) {
    if (!record.value("review", Value::Type::Object)) return std::nullopt;
    ivr::Record::Review out;
    Reader reader = record.section("review");
    const auto keys = phone_keys();
    out.prompt = required_prompts(reader, "prompt");
    out.keep = reader.choice<char>("keep", out.keep, keys);
    out.listen = reader.choice<char>("listen", out.listen, keys);
    out.again = reader.choice<char>("again", out.again, keys);
    out.discard = reader.choice<char>("discard", out.discard, keys);
    out.timeout = reader.seconds("timeout_s", out.timeout, 500ms, 120s);
    reader.finish();
    return out;
}

ivr::NodeBody ProgramCompiler::survey(const std::string&, Reader& reader) {
    ivr::Survey out{};
    out.question = reader.required_text("question");
    out.prompt = required_prompts(reader, "prompt");
    const Value* answers = reader.required("answers", Value::Type::Object);
    for (std::size_t i = 0; answers && i < answers->members.size(); ++i) {
        const Member& entry = answers->members[i];
        check_key(entry, "0123456789*#");
        if (entry.value.type != Value::Type::Text || entry.value.text.empty())
            problems_.error(entry.value.at, wrong_type("the word for this answer in reports, such as \"satisfied\"", entry.value));
        out.answers.push_back({entry.key.empty() ? '?' : entry.key[0], entry.value.text});
    }
    out.timeout = reader.seconds("timeout_s", out.timeout, 500ms, 120s);
    out.on_invalid = tapered(reader, "invalid");
    out.on_no_input = tapered(reader, "no_input");
    out.max_invalid = reader.integer("max_invalid", out.max_invalid, 1, 20);
    out.max_no_input = reader.integer("max_no_input", out.max_no_input, 1, 20);
    out.next = next(reader, "goto");
    out.unanswered = next(reader, "unanswered");
    return out;
}

}  // namespace hotline::app
