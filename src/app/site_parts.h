// The parts of a site, one function a file of the site. Internal to the reader of configuration.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/query_files.h"
#include "app/reader.h"
#include "app/site_config.h"
#include "app/site_tree.h"

namespace hotline::app {

/// The keys of a map, for suggestion().
template <class Map>
std::vector<std::string> names_in(const Map& map) {
    std::vector<std::string> out;
    for (const auto& [name, value] : map) out.push_back(name);
    return out;
}

/// What is true for the whole site and what the other parts lean on.
struct Basics {
    std::string name, language, time_zone;
    std::vector<std::string> languages;  // `language` first
};
Basics read_basics(Reader& site);

/// What can be said, by name. `place` of an unknown name's user decides where the problem is reported.
class PromptBook {
  public:
    PromptBook(const SiteTree& tree, const Basics& basics, Problems& problems);

    /// The prompt in all languages of the site; an unknown name is a problem at `at`.
    ivr::Prompt find(const std::string& name, const Place& at) const;
    /// A sentence given in place: {"zh": "…", "en": "…"}.
    ivr::Prompt sentence(const Value& texts) const;
    /// The same of a sentence with values in it: it is made when it is said, so that nothing of it can be recorded or prepared.
    void check_sentence(const Value& texts) const;
    /// Something is made when it is said, in each language of the site.
    void needs_synthesis() const { synthesises_ = true; }
    std::vector<ivr::Utterance> all() const;
    /// What nobody recorded must be made by a program, which must be there. Problems are reported at `speech`.
    void check_commands(const std::map<std::string, std::vector<std::string>>& commands, const Place& speech) const;

  private:
    void read(const Member& entry);
    ivr::Prompt spoken(const Value& texts, const std::string& name) const;
    bool has_recording(const std::string& name, const std::string& language) const;
    void check_recordings(const std::string& folder) const;

    std::string prompts_dir_;
    const Basics& basics_;
    Problems* problems_;
    std::map<std::string, ivr::Prompt> prompts_;
    mutable std::map<std::string, ivr::Prompt> sentences_;  // by their text, so that all() knows them
    mutable bool synthesises_ = false;
};

using Calendars = std::map<std::string, std::shared_ptr<const ivr::Calendar>>;
Calendars read_hours(const Value& file, const Basics& basics, Problems& problems);

struct Programs {
    /// Every program, those with errors included (as null): their names are known, so that one mistake is not reported twice.
    std::map<std::string, std::shared_ptr<const ivr::Program>> by_name;
    std::set<std::string> called;  // by other programs
    std::vector<NamedColumn> columns;
};
/// What menus may ask of the outside.
struct Outside {
    QueryShelf queries;
    std::vector<std::string> web_hosts;  // host or host:port, as it stands in the address
    const call::Site& site;              // its agents, their queues and groups, and the ways out
};
Programs read_programs(const Value& files, const Basics& basics, const PromptBook& book, const Calendars& calendars,
                       const std::vector<std::string>& queues, const Outside& outside, Problems& problems);

/// Who is asked what after the agent's hang-up, into `out.surveys`. → names of the programs that ask.
std::set<std::string> read_surveys(Reader& site, const Value& queues, const Programs& programs, call::Site& out);

/// "This call is recorded": a prompt by its name; none: it is not said.
ivr::Prompt read_notice(Reader& reader, const std::string& key, const PromptBook& book);

/// Queues and agents: distribution goes into `site.acd`, sound into `site.queue_sounds`.
void read_queues(const Value& file, const Basics& basics, const PromptBook& book, call::Site& site, Problems& problems);
void read_agents(const Value& file, call::Site& site, sip::Accounts& accounts, Problems& problems);  // … and heads
/// Queues' hours and the rules by which they send callers on; what these name is known by now. Programs that a rule leads to are
/// marked as called.
void read_overflow(const Value& file, const Calendars& calendars, Programs& programs, call::Site& site, Problems& problems);
/// Who is called back; leans on all that read_overflow does, and on the rules of calls that go out.
void read_callbacks(const Value& file, const PromptBook& book, const Calendars& calendars, Programs& programs, call::Site& site,
                    Problems& problems);
/// What a program leaves out of it, told at its file.
void check_callbacks(const ivr::Program& program, const call::Site& site, const Place& at, Problems& problems);
/// Names for several queues: {"tours": ["domestic", "abroad"]}. Agents and reports use them.
void read_groups(const Value& groups, call::Site& site, Problems& problems);
void resolve_widened(const Value& queues, call::Site& site, Problems& problems);
/// An object of names and levels, {"english": 3}: 1 to `highest`. By name. Text is an error, unless it is wanted in `texts`.
std::map<std::string, int> read_levels(Reader& reader, const std::string& key, int highest,
                                       std::vector<const Member*>* texts = nullptr);
/// Warns of queues that no agent serves.
void check_served(const Value& queues, const call::Site& site, Problems& problems);
/// Trunks: how they are reached is the result, what calls through them may do goes into `site.trunks`.
std::vector<sip::Trunk> read_trunks(const Value& file, call::Site& site, Problems& problems);
/// Section "outbound" of site.json: who may call out, and which way. Leans on `site.trunks`.
void read_outbound(Reader outbound, const std::vector<sip::Trunk>& trunks, const Calendars& calendars, call::Site& site);
/// A list of what numbers begin with.
std::vector<std::string> read_prefixes(Reader& reader, const char* key);
/// The number that a queue or trunk shows; empty: none is written.
std::string read_caller_id(Reader& reader);
/// A name that stands in paths, SIP headers and reports: letters, digits, and . _ -
void check_name(const Member& entry, Problems& problems);

/// The sections of site.json that start the adapters: sip, media, speech, store, journal, http, log.
void read_adapters(Reader& site, const std::string& dir, SiteConfig& config);

}  // namespace hotline::app
