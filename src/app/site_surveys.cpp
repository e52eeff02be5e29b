// Which flow asks a caller how it was, once the agent has hung up: the site's, or the queue's own.
#include "app/site_parts.h"

namespace hotline::app {
namespace {

/// The program of that name; null: there is none, which is told at `at`, or it has errors, or nobody wants to ask.
std::shared_ptr<const ivr::Program> survey_of(const std::string& name, const Place& at, const Programs& programs,
                                              Problems& problems) {
    if (name.empty()) return nullptr;
    if (const auto found = programs.by_name.find(name); found != programs.by_name.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [known, program] : programs.by_name) names.push_back(known);
    problems.error(at, "there is no program ivr/" + name + ".json." + suggestion(name, names));
    return nullptr;
}

}  // namespace

std::set<std::string> read_surveys(Reader& site, const Value& queues, const Programs& programs, call::Site& out) {
    const std::string all = site.text("survey", "");
    const auto of_site = survey_of(all, site.place("survey"), programs, site.problems());
    std::set<std::string> used{all};
    for (const auto& entry : queues.members) {
        const Value* own = entry.value.find("survey");
        if (own && own->type != Value::Type::Text) {
            site.problems().error(own->at, wrong_type("the name of a program, or \"\" for none", *own));
            continue;
        }
        if (own) used.insert(own->text);
        const auto program = own ? survey_of(own->text, own->at, programs, site.problems()) : of_site;
        if (program) out.surveys[entry.key] = program;
    }
    return used;
}

}  // namespace hotline::app
