// One file of ivr/: nodes by name become nodes by index. docs/ivr.md describes the form.
//
//   program_compiler.cpp   the program: start, language, keys from anywhere, the flaws of the whole
//   program_nodes.cpp      its nodes, one function a type
//   program_messages.cpp   … those in which the caller says something for others: messages, surveys
//   program_outside.cpp    … those that ask the outside, or leave something for it
//   program_transfer.cpp   … the one that hands the caller on
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/site_parts.h"

namespace hotline::app {

/// What a program may name.
struct Vocabulary {
    const Basics& basics;
    const PromptBook& book;
    const Calendars& calendars;
    const std::vector<std::string>& queues;
    /// The program so named, compiled; a problem at `at` when there is none or it is the one that calls. Null: it has errors.
    std::function<std::shared_ptr<const ivr::Program>(const std::string& name, const Place& at)> flow;
    const Outside& outside;
};

class ProgramCompiler {
  public:
    ProgramCompiler(const Member& file, const Vocabulary& words, Problems& problems);
    /// Null when the program has errors.
    std::shared_ptr<const ivr::Program> compile();

  private:
    // program_compiler.cpp
    void check_flow();
    std::string language(Reader& reader, const std::string& fallback);
    std::vector<ivr::AnywhereKey> anywhere(Reader& program);
    ivr::AnywhereKey anywhere_key(const Member& entry);
    /// The node that a field names.
    ivr::NodeIndex next(Reader& reader, std::string_view key);
    std::optional<ivr::NodeIndex> optional_next(Reader& reader, std::string_view key);
    void check_key(const Member& entry, const std::string& allowed);

    // program_nodes.cpp
    ivr::Node node(const Member& written);
    ivr::NodeBody body_of_type(const std::string& name, Reader& reader);
    ivr::NodeBody play(const std::string&, Reader& reader);
    ivr::NodeBody say(const std::string&, Reader& reader);
    ivr::NodeBody menu(const std::string& name, Reader& reader);
    std::vector<ivr::Menu::Choice> choices(Reader& menu);
    ivr::NodeBody collect(const std::string&, Reader& reader);
    std::optional<ivr::DigitPattern> pattern(Reader& reader);
    std::vector<std::string> values(Reader& reader);
    std::optional<ivr::Collect::Confirm> confirm(Reader& collect);
    ivr::NodeBody hours(const std::string&, Reader& reader);
    template <class Node>
    void read_claims(Reader& reader, Node& out);
    ivr::NodeBody queue(const std::string&, Reader& reader);
    ivr::NodeBody jump(const std::string&, Reader& reader);
    ivr::NodeBody set(const std::string&, Reader& reader);
    std::optional<ivr::Expression> value_of(const Member& assignment);
    ivr::NodeBody branch(const std::string&, Reader& reader);
    ivr::NodeBody switch_language(const std::string&, Reader& reader);
    ivr::NodeBody call(const std::string&, Reader& reader);
    ivr::NodeBody back_to_caller(const std::string&, Reader& reader);
    ivr::NodeBody hangup(const std::string&, Reader& reader);
    ivr::NodeBody callback(const std::string&, Reader& reader);

    // program_messages.cpp
    ivr::NodeBody record(const std::string&, Reader& reader);
    std::optional<ivr::Record::Review> review(Reader& record);
    ivr::NodeBody survey(const std::string&, Reader& reader);

    // program_outside.cpp
    ivr::NodeBody lookup(const std::string&, Reader& reader);
    std::vector<ivr::Lookup::Parameter> parameters(const ivr::Query* query, Reader& node);
    std::optional<ivr::Lookup::Guard> guard(Reader& lookup);
    std::optional<ivr::Lookup::List> list(Reader& lookup);
    ivr::NodeBody http(const std::string&, Reader& reader);
    void check_url(const std::string& url, const Place& at);
    ivr::NodeBody apply(const std::string&, Reader& reader);
    ivr::NodeBody sms(const std::string&, Reader& reader);
    std::optional<ivr::Counts> counts(Reader& node);
    std::map<std::string, ivr::Sentence> sentences(const Value* texts);
    std::optional<ivr::Expression> optional_value(Reader& reader, std::string_view key);
    std::vector<ivr::Webhook::Field> fields(Reader& reader, std::string_view key);

    // program_transfer.cpp
    ivr::NodeBody transfer(const std::string&, Reader& reader);
    void target(Reader& transfer, ivr::Transfer& out);
    void only(Reader& transfer, ivr::Transfer& out);
    void check_number(const std::string& text, const Place& at);

    ivr::Expression expression(const Value& text, ivr::Expression::Wanted wanted);
    void check_queue(const std::string& name, const Place& at);

    std::vector<ivr::Prompt> prompt_list(const Value& list);
    std::vector<ivr::Prompt> prompts(Reader& reader, std::string_view key);
    std::vector<ivr::Prompt> required_prompts(Reader& reader, std::string_view key);
    std::vector<std::vector<ivr::Prompt>> tapered(Reader& reader, std::string_view key);

    const Member& file_;
    const Vocabulary& words_;
    Problems& problems_;
    const std::vector<Member>* nodes_ = nullptr;
    ivr::Program program_;
};

/// The place of a byte inside of a text in quotes.
Place place_inside(const Value& text, std::size_t at);
/// The place of a node's field, as a flaw names it, in the file of its program.
Place place_of(const Member& file, const std::string& node, std::string_view field, std::optional<std::size_t> at);
void tell(const Member& file, const ivr::Flaw& flaw, Problems& problems);

}  // namespace hotline::app
