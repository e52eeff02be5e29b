// An IVR program: what a caller hears and what his keys do. Immutable, compiled from config/<site>/ivr/*.json by `app`.
#pragma once
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/base/time.h"
#include "hotline/ivr/notation.h"

namespace hotline::ivr {

/// Something to be said. A recorded file of this name and language wins over synthesis of the text.
struct Utterance {
    std::string name;      // "welcome"; may be empty (text only)
    std::string text;      // in `language`; may be empty (a recorded file only)
    std::string language;  // "zh", "en"
    friend auto operator<=>(const Utterance&, const Utterance&) = default;
};

/// A prompt in every language the site has: language → utterance.
using Prompt = std::map<std::string, Utterance>;

/// Weekly opening hours with exceptions, in the site's time zone.
struct Calendar {
    struct Range {
        int from_minute;  // of the day, 0–1440
        int to_minute;    // exclusive, > from_minute
    };
    struct Date {
        int year, month, day;
        friend auto operator<=>(const Date&, const Date&) = default;
    };
    std::string time_zone = "Asia/Shanghai";        // IANA name
    std::array<std::vector<Range>, 7> week;         // Monday first
    std::map<Date, std::vector<Range>> exceptions;  // holidays (no range) and make-up working days (调休)
};
/// Is the site open at this moment? Invalid when the zone is unknown.
Result<bool> open_at(const Calendar& calendar, Wall wall);

using NodeIndex = std::size_t;

// Every node names the next by index; compile() has checked that they exist.
struct Play {
    std::vector<Prompt> prompts;
    bool barge_in = true;  // a key ends the prompt, is kept, and counts for the next node that reads keys
    NodeIndex next;
};
/// A sentence with values in it, made when it is said.
struct Say {
    std::map<std::string, Sentence> text;  // language → sentence
    bool barge_in = true;
    NodeIndex next;
    std::optional<NodeIndex> failed;  // a value was not known or could not be said; none: it is left out, the rest is said
};
struct Menu {
    struct Choice {
        char key;          // 0–9 * #
        std::string what;  // what was asked for: "opening_hours"; stays when the key changes
        NodeIndex next;
    };
    std::string name;
    std::vector<Prompt> greeting;        // first time
    std::vector<Prompt> short_greeting;  // when he comes back; empty: the same again
    std::vector<Choice> choices;
    Duration timeout{5s};                         // from the prompt's end to no input
    std::vector<std::vector<Prompt>> on_invalid;  // tapered: n-th for the n-th time, the last for all later ones
    std::vector<std::vector<Prompt>> on_no_input;
    int max_invalid = 3;
    int max_no_input = 3;
    NodeIndex invalid_exit;
    NodeIndex no_input_exit;
};
struct Collect {
    /// The entry is read back, and one key says whether it is right. Another key or silence is a failed attempt.
    struct Confirm {
        std::vector<Prompt> before;  // "您输入的是"
        std::vector<Prompt> after;   // "正确请按一，重新输入请按二"
        char right = '1';
        char again = '2';
    };
    std::string variable;
    std::vector<Prompt> prompt;
    int min_digits = 1;
    int max_digits = 20;
    char terminator = '#';  // 0: none
    Duration first_timeout{5s};
    Duration digit_timeout{3s};
    std::optional<DigitPattern> pattern;  // what an entry must look like
    std::vector<std::string> values;      // the only entries that are right; empty: all
    std::optional<Confirm> confirm;
    bool masked = false;                          // a PIN: not in logs, facts or recordings' notes, and never said
    int max_attempts = 3;                         // wrong entries, silences and entries taken back, together
    std::vector<std::vector<Prompt>> on_invalid;  // tapered, as a menu's
    std::vector<std::vector<Prompt>> on_no_input;
    NodeIndex next;
    NodeIndex failed;                 // attempts used up
    std::optional<NodeIndex> person;  // a lone 0#; none: as the program's key 0 anywhere, if there is one
};
struct Hours {
    std::shared_ptr<const Calendar> calendar;
    NodeIndex open;
    NodeIndex closed;
};
struct SkillWish {
    std::string skill;
    int level = 1;  // 1–9, at least
};
/// A skill whose level is not known, no number, or less than 1, is not wanted; above 9 it is 9.
struct SkillWishFrom {
    std::string skill;
    Expression level;
};
struct JoinQueue {
    std::string queue;
    std::vector<Prompt> announcement;     // before joining the music; an offer never waits for it
    NodeIndex full;                       // limit reached
    NodeIndex timed_out;                  // longest wait reached
    NodeIndex unavailable;                // not configured (any more), or none of its agents is there whom it needs
    int priority = 0;                     // added to the queue's own
    std::vector<SkillWish> skills{};      // what his agent must know
    std::optional<NodeIndex> overflow{};  // a rule of the queue sends him on; none: as timed_out
    std::optional<Expression> agent{};    // whom he asks for by number, and waits for first; not known: anyone
    std::optional<NodeIndex> callback{};  // he will be called back; none: the call ends
    struct Key {
        char key;
        NodeIndex next;
    };
    std::vector<Key> keys{};                    // lead out of the line while he waits
    std::optional<Expression> priority_from{};  // instead of `priority`: -999 to 999; not known or no number: 0
    std::vector<SkillWishFrom> skills_from{};   // beside `skills`
};
/// He is called back by this queue, and keeps the place that he had in it, if he had one.
struct Callback {
    std::string queue;
    std::optional<Expression> number;  // where to; none: who calls. Not known: refused
    int priority = 0;
    std::vector<SkillWish> skills{};
    NodeIndex taken, already, refused, closed, failed;
    std::optional<Expression> priority_from{};  // as of JoinQueue
    std::vector<SkillWishFrom> skills_from{};
};
struct Goto {
    NodeIndex next;
};
/// Variables take values, one after the other.
struct Set {
    struct Assignment {
        std::string variable;
        std::optional<Expression> value;  // none, or not known: the variable is unset
    };
    std::vector<Assignment> assignments;
    NodeIndex next;
};
/// The first condition that holds leads; one that is not known does not.
struct Branch {
    struct Case {
        Expression condition;
        NodeIndex next;
    };
    std::vector<Case> cases;
    NodeIndex otherwise;
};
/// From the next prompt on the caller hears this language.
struct SwitchLanguage {
    std::string language;  // empty: the site's next one
    NodeIndex next;
};
struct Program;
/// Goes through another program; its return leads to `next`. Variables and language are the call's, not the program's. Programs
/// are compiled before those that call them, so that none can lead into itself.
struct CallFlow {
    std::shared_ptr<const Program> flow;
    NodeIndex next;
};
/// Back to the program that called this one; where none did, the end of the call.
struct Return {};
struct Hangup {
    std::vector<Prompt> farewell;
};
/// A message that the caller speaks after a tone. It is kept when he says so, says nothing to the contrary, or hangs up after he
/// has spoken.
struct Record {
    /// What he may do with it before it is kept. Silence, and too many wrong keys, keep it.
    struct Review {
        std::vector<Prompt> prompt;  // "保留请按一，…"
        char keep = '1', listen = '2', again = '3', discard = '4';
        Duration timeout{5s};
    };
    std::string what;              // in reports: "complaint"
    std::string queue;             // whose it is; empty: of the last queue he was in, if any
    std::vector<Prompt> greeting;  // "请在提示音后留言，按井号键结束"
    bool beep = true;
    Duration shortest{1s};  // speech, pauses not counted; less of it is no message
    Duration longest{120s};
    Duration silence{4s};                        // ends it
    char end_key = '#';                          // … and so does this
    std::vector<std::vector<Prompt>> on_silent;  // he said nothing: before he is asked again, tapered
    int max_silent = 2;
    std::optional<Review> review;
    NodeIndex next;       // it is kept
    NodeIndex silent;     // he said nothing, max_silent times
    NodeIndex discarded;  // by him
    NodeIndex failed;     // the disk is full or away
};
/// A question that is answered by one key and counted.
struct Survey {
    struct Answer {
        char key;
        std::string answer;  // in reports: "satisfied"
    };
    std::string question;  // in reports: "satisfaction"
    std::vector<Prompt> prompt;
    std::vector<Answer> answers;
    Duration timeout{5s};
    std::vector<std::vector<Prompt>> on_invalid;  // tapered, as a menu's
    std::vector<std::vector<Prompt>> on_no_input;
    int max_invalid = 3;
    int max_no_input = 2;
    NodeIndex next;        // answered
    NodeIndex unanswered;  // too many wrong keys, or too much silence
};

// ── Nodes that ask the outside, or leave something for it ──

/// A question to the site's own tables: config/<site>/queries/NAME.sql.
struct Query {
    std::string name;
    std::string sql;                        // with $1, $2, …
    std::vector<std::string> parameters{};  // what was written for them: "order_no" of :order_no
    /// Every name that stands in it: no other can be a column of its answer. None: it gives columns without naming them (`*`).
    std::optional<std::set<std::string>> words{};
};
struct Lookup {
    struct Parameter {
        std::string name;
        Expression value;  // not known: NULL
    };
    /// Who tries too often to be found (a wrong PIN) is not looked up for a while: by what he claims to be, and by his number.
    struct Guard {
        std::string scope;  // "member"
        Expression key;     // which of them; not known: the lookup fails
        int attempts = 3;
        Duration lock{900s};
        NodeIndex locked;
    };
    /// The rows are read out, some at a time.
    struct List {
        static constexpr int kMostOnPage = 7;
        std::map<std::string, Sentence> text;  // of one row: language → sentence; `item` is its number on the page
        int page = 3;                          // rows
        std::vector<Prompt> more;              // said after a page that others follow
        std::vector<Prompt> end;               // … after the last one
        std::vector<Prompt> cut;               // … instead of `end`, where there were more rows than max_rows
        char next = '9', repeat = '8', back = '*';
        Duration timeout{5s};
        std::optional<NodeIndex> chosen;  // keys 1 to `page` choose a row: its columns become variables
    };
    std::shared_ptr<const Query> query;
    std::vector<Parameter> parameters;  // in the query's order
    std::vector<std::string> gives;     // columns that become variables, of the first row or of the one chosen
    Duration timeout{3s};
    int max_rows = 20;
    Duration cache{0};  // how old an answer may be that somebody else was given
    std::optional<Guard> guard;
    std::optional<List> list;
    NodeIndex found;  // with a list: it was heard
    NodeIndex nothing;
    NodeIndex failed;  // no answer in time, the database away or refusing, a column missing
};
/// Asks a web address: a JSON object goes there (in a GET as the query of the address), fields of one come back.
struct Webhook {
    struct Field {
        std::string name;
        Expression value;  // not known: null
    };
    struct Gift {
        std::string variable;
        std::string pointer;  // RFC 6901: "/order/step"
    };
    std::string method = "POST";
    std::string url;
    std::vector<Field> body;
    std::vector<Gift> gives;
    Duration timeout{5s};
    NodeIndex next;       // 2xx
    NodeIndex failed;     // any other answer, or none could be had
    NodeIndex timed_out;  // none came in time
};
/// Somebody asks for something: a course to be booked, a ticket. Left as a row for those who will see to it.
struct Apply {
    std::string what;  // "course"
    std::string action = "book";
    std::optional<Expression> id, name;  // of what it is about
    std::vector<Webhook::Field> details;
    NodeIndex next;
};
/// A short message is to be sent: left as a row in the outbox.
struct Sms {
    std::optional<Expression> to;          // none: who calls
    std::map<std::string, Sentence> text;  // language → sentence
    NodeIndex next;
    NodeIndex failed;  // there is no number that could receive one
};

/// The caller is handed on: to an agent's phone, or to a number outside.
struct Transfer {
    /// What a target may be that is only known when he calls. Nothing else is rung.
    struct Only {
        bool agents = false;                  // any of them
        std::vector<std::string> numbers{};   // outside, whole ones
        std::vector<std::string> prefixes{};  // outside, beginnings: only for what the site itself has told (by lookup or http)
    };
    std::string to;                    // an agent's number, or one outside; empty: one of the next two
    std::string head_of;               // the head of this queue or group
    std::optional<Expression> named;   // worked out when he calls; not known: failed
    Only only;                         // of `named`
    std::vector<Prompt> announcement;  // said while it rings already
    Prompt music;                      // heard until an answer, or sound of the far network
    Duration ring{30s};                // so long
    NodeIndex busy;                    // he talks, declines, or the line is engaged
    NodeIndex no_answer;
    NodeIndex failed;                  // there is no such number, no phone, no way there, or it may not be called
    std::optional<NodeIndex> after{};  // the called one has hung up; none: the end of the call
};

/// What a caller was told or asked for, counted by what it is and not by the key he pressed.
struct Counts {
    std::string what;                    // "route"
    std::optional<Expression> id, name;  // of the one
};

using NodeBody = std::variant<Play, Menu, Collect, Hours, JoinQueue, Goto, Hangup, Say, Set, Branch, SwitchLanguage, CallFlow,
                              Return, Record, Survey, Lookup, Webhook, Apply, Sms, Transfer, Callback>;
struct Node {
    std::string name;
    NodeBody body;
    std::optional<Counts> counts{};  // a lookup: when something is found, or chosen from its list; others: on arrival
};

/// A key that means the same at every node, unless the node reads it for itself. A program that is called has those of its callers,
/// too; its own come first.
struct AnywhereKey {
    char key;
    std::string what;               // as a menu's choice
    std::optional<NodeIndex> next;  // none: back to the menu before
};

struct Program {
    static constexpr std::size_t kMaxDepth = 8;  // programs that call programs, the first one counted

    std::string name;  // "main"
    std::string language = "zh";
    std::vector<std::string> languages;       // of the site
    std::string time_zone = "Asia/Shanghai";  // IANA name; of the times in conditions
    NodeIndex start = 0;
    std::vector<Node> nodes;
    std::vector<AnywhereKey> anywhere;
};

/// What can be wrong in a program beyond what its types forbid.
struct Flaw {
    std::string node;
    std::string text;                 // what is wrong and the cure
    bool fatal;                       // false: a warning (unreachable node)
    std::string field{};              // where in the node: "keys.1", "when.0.if"; empty: the node itself
    std::optional<std::size_t> at{};  // where in that field's text, in bytes
};
/// Unreachable nodes, cycles without any input or sound (would spin), duplicate keys, indices out of range, variables that may be
/// unset where they are read, PINs that would be said aloud.
std::vector<Flaw> check(const Program& program);

/// A name that a lookup takes from its query's answer, in `gives` or in its list's sentence.
struct ColumnUse {
    std::string node, field;        // as of a Flaw
    std::optional<std::size_t> at;  // likewise
    std::string name;
    std::shared_ptr<const Query> query;
    bool or_variable;  // in a sentence it may be a variable, too
};
std::vector<ColumnUse> column_uses(const Program& program);
/// Variables that this program's nodes set somewhere; not those of programs that it calls.
std::set<std::string> variables_set(const Program& program);
/// Variables that hold a masked entry, or something made of one, in these programs and those that they call.
std::set<std::string> masked_variables(const std::vector<std::shared_ptr<const Program>>& programs);
/// Where `names`, which are masked, would come to be heard, written down or kept. check() tells it of the program's own; those of
/// the programs that call it are known once all are read.
std::vector<Flaw> check_secrets(const Program& program, const std::set<std::string>& names);

/// True when the program has a `return`: it is made to be called by others.
bool is_subroutine(const Program& program);

/// The program as Graphviz's dot draws it.
std::string graphviz(const Program& program);

}  // namespace hotline::ivr
