#include "day.h"

namespace hotline::sim {
namespace {

ivr::Prompt prompt(const std::string& name) { return {{"zh", {name, name, "zh"}}, {"en", {name, name, "en"}}}; }

constexpr const char* kQueueNames[] = {"service", "domestic", "abroad", "rescue"};
constexpr const char* kSkills[] = {"english", "visa"};

int draw_level(Dice& dice) { return 1 + static_cast<int>(dice.below(9)); }

std::vector<acd::RelaxStep> draw_relax(Dice& dice) {
    std::vector<acd::RelaxStep> steps;
    Duration after{0};
    while (steps.size() < 3 && dice.chance(0.5)) {
        after += dice.between(1s, 20s);
        acd::RelaxStep step;
        step.after = after;
        step.lower = static_cast<int>(dice.below(5));
        if (dice.chance(0.3)) step.drop = {kSkills[dice.below(std::size(kSkills))]};
        if (dice.chance(0.4)) step.widen = {kQueueNames[dice.below(std::size(kQueueNames))]};
        steps.push_back(step);
    }
    return steps;
}

acd::Needs draw_needs(Dice& dice) {
    return dice.chance(0.7) ? acd::Needs::Nobody : dice.chance(0.5) ? acd::Needs::LoggedIn : acd::Needs::Ready;
}

std::vector<acd::OverflowRule> draw_overflow(Dice& dice) {
    using Rule = acd::OverflowRule;
    constexpr const char* kExits[] = {"overflow", "full",      "timed_out", "unavailable",
                                      "flow:bye", "flow:main", "flow:gone", "callback"};
    std::vector<Rule> rules;
    while (rules.size() < 4 && dice.chance(0.4)) {
        Rule rule;
        rule.when = static_cast<Rule::When>(dice.below(4));
        rule.limit = dice.between(1s, 60s);
        rule.length = dice.below(6);
        rule.action = static_cast<Rule::Action>(dice.below(3));
        rule.to = rule.action == Rule::Action::Leave ? kExits[dice.below(std::size(kExits))] : kQueueNames[dice.below(4)];
        rules.push_back(rule);
    }
    return rules;
}

/// Open every second minute: a day of minutes sees it open and close.
std::shared_ptr<const ivr::Calendar> draw_hours(Dice& dice) {
    auto hours = std::make_shared<ivr::Calendar>();
    hours->time_zone = "UTC";
    const int first = static_cast<int>(dice.below(2));
    for (auto& day : hours->week)
        for (int minute = first; minute < 24 * 60; minute += 2) day.push_back({minute, minute + 1});
    return hours;
}

acd::QueueConfig draw_queue(Dice& dice, const std::string& name) {
    acd::QueueConfig queue;
    queue.name = name;
    queue.priority = name == "rescue" ? acd::kRescue : static_cast<int>(dice.below(2));
    queue.strategy = dice.chance(0.2) ? acd::StrategyKind::RingAll : static_cast<acd::StrategyKind>(dice.below(8));
    queue.ring_most = 1 + dice.below(5);
    queue.relax = draw_relax(dice);
    queue.overflow = draw_overflow(dice);
    if (dice.chance(0.3)) queue.age_every = dice.between(1s, 30s), queue.age_most = static_cast<int>(dice.below(5));
    queue.joining = draw_needs(dice), queue.staying = draw_needs(dice);
    queue.ring_time = dice.between(3s, 15s);
    const acd::WrapUpMode modes[] = {acd::WrapUpMode::None, acd::WrapUpMode::AtMost, acd::WrapUpMode::Exactly,
                                     acd::WrapUpMode::UntilDone};
    queue.wrapup_mode = modes[dice.below(std::size(modes))];
    queue.wrapup = dice.between(1s, 20s);
    queue.max_length = 1 + dice.below(10);
    queue.max_wait = dice.between(10s, 120s);
    queue.affinity_wait = dice.between(0s, 30s);
    queue.affinity_backlog = dice.below(4);
    queue.max_missed = static_cast<int>(dice.below(4));
    queue.missed_delay = dice.between(1s, 8s);
    queue.rejected_delay = dice.between(0s, 8s);
    queue.busy_delay = dice.between(0s, 8s);
    return queue;
}

call::QueueSound draw_sound(Dice& dice) {
    call::QueueSound sound;
    sound.music = {"music", "", "zh"};
    sound.announce_position = dice.chance(0.7);
    sound.announce_first = dice.between(1s, 10s);
    sound.announce_every = dice.between(5s, 30s);
    sound.announce_wait = dice.chance(0.5);
    for (const char* name : {"position_before", "position_after", "wait_before", "wait_after", "wait_soon"})
        sound.phrases[name] = prompt(name);
    for (std::size_t n = dice.below(3); n > 0; --n) sound.comfort.push_back(prompt("comfort"));
    return sound;
}

/// A message with or without a review; it fails towards a person.
ivr::Record draw_record(Dice& dice, ivr::NodeIndex bye, ivr::NodeIndex person) {
    ivr::Record record;
    record.what = "complaint";
    if (dice.chance(0.8)) record.greeting = {prompt("leave_message")};
    record.beep = dice.chance(0.8);
    record.shortest = dice.between(0s, 3s);
    record.longest = dice.between(4s, 40s);
    record.silence = dice.between(1s, 6s);
    record.on_silent = {{prompt("nothing_said")}};
    if (dice.chance(0.5)) {
        record.review.emplace();
        record.review->prompt = {prompt("review")};
        record.review->timeout = dice.between(1s, 6s);
    }
    record.next = record.silent = record.discarded = bye;
    record.failed = person;
    return record;
}

/// Two questions at the most; now and then he is led back to a queue.
std::shared_ptr<const ivr::Program> draw_survey(Dice& dice) {
    enum : ivr::NodeIndex { kFirst, kSecond, kQueue, kBye };
    ivr::Survey first;
    first.question = "satisfaction";
    first.prompt = {prompt("how_was_it")};
    first.answers = {{'1', "satisfied"}, {'2', "fair"}, {'3', "not_satisfied"}};
    first.timeout = dice.between(1s, 6s);
    first.on_invalid = {{prompt("invalid")}};
    first.max_no_input = 1 + static_cast<int>(dice.below(2));
    first.next = kBye, first.unanswered = kBye;
    ivr::Survey second = first;
    second.question = "again";
    if (dice.chance(0.5)) first.next = kSecond;
    if (dice.chance(0.2)) second.next = first.unanswered = kQueue;
    ivr::JoinQueue queue;
    queue.queue = "service";
    queue.full = queue.timed_out = queue.unavailable = kBye;
    ivr::Program program;
    program.name = "survey";
    program.nodes = {{"first", first}, {"second", second}, {"queue", queue}, {"bye", ivr::Hangup{{prompt("bye")}}}};
    return std::make_shared<const ivr::Program>(std::move(program));
}

/// To an agent, to a head, or outside; also where nobody is, or nobody may be called.
ivr::Transfer draw_transfer(Dice& dice, ivr::NodeIndex menu, ivr::NodeIndex bye, ivr::NodeIndex person) {
    constexpr const char* kOutside[] = {"13900001234", "13900005678", "02165551234", kHotline, "8099"};
    ivr::Transfer transfer{};
    const auto drawn = dice.below(5);
    if (drawn < 2) transfer.to = dice.pick(kAgentNames);
    if (drawn == 2) transfer.head_of = "service";
    if (drawn == 3) transfer.to = kOutside[dice.below(std::size(kOutside))];
    if (drawn == 4) {
        transfer.named = std::get<ivr::Expression>(ivr::Expression::parse("order", ivr::Expression::Wanted::Value));
        transfer.only = {true, {"13900001234"}, {}};
    }
    if (dice.chance(0.5)) transfer.announcement = {prompt("please_wait")};
    transfer.music = prompt("music");
    transfer.ring = dice.between(2s, 15s);
    const ivr::NodeIndex exits[] = {menu, bye, person};
    for (ivr::NodeIndex* exit : {&transfer.busy, &transfer.no_answer, &transfer.failed}) *exit = exits[dice.below(3)];
    if (dice.chance(0.5)) transfer.after = exits[dice.below(3)];
    return transfer;
}

/// Menu → queues, hours, a number to be typed; every exit leads somewhere.
std::shared_ptr<const ivr::Program> draw_program(Dice& dice) {
    enum : ivr::NodeIndex {
        kMenu,
        kService,
        kDomestic,
        kAbroad,
        kRescue,
        kHours,
        kNumber,
        kBye,
        kMessage,
        kLookup,
        kWeb,
        kHandOn,
        kOther,
        kCallback
    };
    const auto join = [&](const char* queue) {
        ivr::JoinQueue node;
        node.queue = queue;
        if (dice.chance(0.5)) node.announcement = {prompt("please_wait")};
        if (dice.chance(0.3)) node.priority = static_cast<int>(dice.below(3));
        for (const char* skill : kSkills)
            if (dice.chance(0.2)) node.skills.push_back({skill, draw_level(dice)});
        node.full = dice.chance(0.5) ? kBye : kMenu;
        node.timed_out = dice.chance(0.5) ? kBye : kMenu;
        node.unavailable = dice.chance(0.5) ? kBye : kMenu;
        if (dice.chance(0.3)) node.overflow = dice.chance(0.5) ? kBye : kMenu;
        if (dice.chance(0.7)) node.callback = dice.chance(0.8) ? kBye : kMenu;
        if (dice.chance(0.1)) node.agent = ivr::Expression::literal(dice.pick(kAgentNames));
        if (dice.chance(0.3)) node.keys = {{'7', dice.chance(0.5) ? kBye : kMenu}, {'8', kMessage}, {'#', kCallback}};
        return node;
    };
    ivr::Menu menu;
    menu.name = "main";
    menu.greeting = {prompt("welcome"), prompt("menu")};
    menu.short_greeting = {prompt("menu")};
    menu.choices = {{'0', "person", kService}, {'1', "domestic", kDomestic}, {'2', "abroad", kAbroad},
                    {'9', "rescue", kRescue},  {'3', "hours", kHours},       {'4', "number", kNumber},
                    {'7', "lookup", kLookup},  {'8', "web", kWeb},           {'6', "complaint", kMessage},
                    {'5', "boss", kHandOn},    {'*', "other", kOther},       {'#', "callback", kCallback}};
    menu.timeout = dice.between(1s, 6s);
    menu.on_invalid = {{prompt("invalid")}};
    menu.on_no_input = {{prompt("no_input")}};
    menu.max_invalid = 2, menu.max_no_input = 2;
    menu.invalid_exit = kService, menu.no_input_exit = kBye;
    ivr::Collect number;
    number.variable = "order";
    number.prompt = {prompt("type_number")};
    number.max_digits = 3;
    number.max_attempts = 2;
    number.next = kDomestic, number.failed = kBye;

    ivr::Lookup lookup{};
    lookup.query = std::make_shared<const ivr::Query>(ivr::Query{"order", "select 1", {}});
    lookup.gives = {"step"};
    lookup.timeout = dice.between(100ms, 5s);
    lookup.found = kMenu, lookup.nothing = kBye, lookup.failed = kService;
    if (dice.chance(0.5)) {
        lookup.list.emplace();
        lookup.list->text = {{"zh", std::get<ivr::Sentence>(ivr::Sentence::parse("{item:number}{step}"))}};
        lookup.list->more = lookup.list->end = {prompt("list")};
        lookup.list->chosen = kHours;
    }
    ivr::Webhook web{};
    web.url = "https://crm.example/";
    web.timeout = dice.between(100ms, 5s);
    web.next = kMenu, web.failed = kBye, web.timed_out = kDomestic;

    ivr::Callback callback;
    callback.queue = dice.chance(0.5) ? "service" : "domestic";
    if (dice.chance(0.2)) callback.number = ivr::Expression::literal("13900001111");
    if (dice.chance(0.3)) callback.priority = static_cast<int>(dice.below(3));
    callback.taken = callback.closed = kBye, callback.already = callback.refused = kMenu, callback.failed = kService;

    ivr::Program program;
    program.name = "main";
    program.nodes = {{"menu", menu},
                     {"service", join("service")},
                     {"domestic", join("domestic")},
                     {"abroad", join("abroad")},
                     {"rescue", join("rescue")},
                     {"hours", ivr::Play{{prompt("hours")}, true, kMenu}},
                     {"number", number},
                     {"bye", ivr::Hangup{{prompt("bye")}}},
                     {"message", draw_record(dice, kBye, kService)},
                     {"lookup", lookup, ivr::Counts{"order", std::nullopt, std::nullopt}},
                     {"web", web},
                     {"hand on", draw_transfer(dice, kMenu, kBye, kService)},
                     {"other", draw_transfer(dice, kHandOn, kBye, kService)},
                     {"callback", callback}};
    if (dice.chance(0.3)) program.anywhere = {{'0', "person", kService}};
    return std::make_shared<const ivr::Program>(std::move(program));
}

/// "Press 1": an answering machine does not.
std::shared_ptr<const ivr::Program> draw_confirmation(Dice& dice) {
    enum : ivr::NodeIndex { kAsk, kQueue, kBye };
    ivr::Menu ask;
    ask.name = "confirm";
    ask.greeting = {prompt("press_one")};
    ask.choices = {{'1', "connect", kQueue}};
    ask.timeout = dice.between(1s, 10s);
    ask.max_no_input = 1 + static_cast<int>(dice.below(3));
    ask.max_invalid = 2;
    ask.invalid_exit = ask.no_input_exit = kBye;
    ivr::JoinQueue queue;
    queue.queue = "service";
    queue.full = queue.timed_out = queue.unavailable = kBye;
    ivr::Program program;
    program.name = "confirm";
    program.nodes = {{"ask", ask}, {"queue", queue}, {"bye", ivr::Hangup{{prompt("bye")}}}};
    return std::make_shared<const ivr::Program>(std::move(program));
}

call::CallbackRules draw_callback(Dice& dice, bool coded) {
    call::CallbackRules rules;
    rules.mode = dice.chance(0.5) ? call::CallbackRules::Mode::AgentFirst : call::CallbackRules::Mode::CustomerFirst;
    rules.offer_after = dice.chance(0.9) ? std::optional(dice.between(1s, 20s)) : std::nullopt;
    rules.key = "012"[dice.below(3)];
    rules.offer = prompt("callback_offer");
    rules.retries = static_cast<int>(dice.below(3));
    rules.retry = dice.between(5s, 40s);
    rules.expires = dice.between(30s, 300s);
    rules.ring = dice.between(5s, 20s);
    rules.confirm = dice.between(3s, 20s);
    if (dice.chance(0.5)) rules.hours = draw_hours(dice);
    rules.flow = draw_confirmation(dice);
    rules.ringback = {"ringback", "", "zh"};
    if (dice.chance(0.3)) rules.allowed = {"138"};
    if (coded && dice.chance(0.6)) rules.machine_codes = {"sold"};
    return rules;
}

/// Trunks come and go from one site to the next, and have limits now and then, also for the calls that come in.
void draw_ways_out(Dice& dice, call::Site& site) {
    call::Route all;
    for (const std::string& name : kTrunkNames) {
        if (!dice.chance(0.9)) continue;
        call::TrunkRules& rules = site.trunks[name];
        rules.outgoing = true;
        rules.caller_id = kHotline;
        rules.max_calls = dice.chance(0.7) ? 0 : 1 + dice.below(2);
        if (dice.chance(0.2)) rules.codecs = {call::Codec::Pcmu};
        all.trunks.push_back(name);
    }
    if (dice.chance(0.1)) site.trunks["local"].max_calls = 2 + dice.below(8);
    site.outbound.allowed = {"1"};
    site.outbound.routes = {all};
    site.outbound.max_calls_per_agent = 1 + dice.below(2);
    site.outbound.max_calls_per_hour = dice.chance(0.8) ? 60 : 1 + dice.below(3);
    site.outbound.transfers = {{"1"}, 1 + dice.below(2), dice.chance(0.8) ? 60 : 1 + dice.below(3)};
    site.outbound.silence = dice.between(2s, 8s);
    site.outbound.ring = dice.between(5s, 20s);
}

}  // namespace

Character::Character(Dice& dice)
    : length(dice.between(60s, 150s)),
      between_calls(dice.between(2s, 12s)),
      patience(dice.between(20s, 240s)),
      talk(dice.between(5s, 40s)),
      unruly_agents(dice.chance(0.3) ? 0 : dice.unit() * 0.6),
      lost(dice.chance(0.5) ? 0 : dice.unit() * 0.1),
      repeated(dice.chance(0.5) ? 0 : dice.unit() * 0.3),
      reloads_an_hour(dice.chance(0.5) ? 0 : dice.unit() * 120),
      failing_audio(dice.chance(0.7) ? 0 : dice.unit() * 0.1),
      notices(dice.chance(0.3)),
      drains(dice.chance(0.2)) {}

std::shared_ptr<const call::Site> draw_site(Dice& dice, const Character& day) {
    auto site = std::make_shared<call::Site>();
    site->name = "simulated";
    std::vector<std::string> names;
    for (const char* name : kQueueNames) {
        if (!dice.chance(0.9)) continue;  // now and then a queue is not configured: the program's exit must serve
        names.push_back(name);
        site->acd.queues.push_back(draw_queue(dice, name));
        site->queue_sounds[name] = draw_sound(dice);
        site->returns_within[name] = dice.between(0s, 60s);
        if (dice.chance(0.2)) site->queue_hours[name] = draw_hours(dice);
        if (dice.chance(0.5)) site->wrapup_codes[name] = {{{"1", "sold"}, {"2", "asked"}}, dice.chance(0.7) ? "none" : ""};
        if (day.notices && dice.chance(0.5)) site->queue_sounds[name].notice = prompt("recorded");
        if (dice.chance(0.5)) site->surveys[name] = draw_survey(dice);
        if (dice.chance(0.8)) site->callbacks[name] = draw_callback(dice, site->wrapup_codes.contains(name));
    }
    for (const std::string& name : kAgentNames) {
        if (!dice.chance(0.8)) continue;
        acd::AgentConfig agent;
        agent.name = name;
        for (const std::string& queue : names)
            if (dice.chance(0.7)) agent.queues.push_back(queue);
        for (const std::string& queue : agent.queues)
            if (dice.chance(0.3)) agent.tiers[queue] = 1 + static_cast<int>(dice.below(3));
        for (const char* skill : kSkills)
            if (dice.chance(0.6)) agent.skills[skill] = draw_level(dice);
        agent.in_order = dice.chance(0.3);
        agent.weight = draw_level(dice);
        agent.own_length = dice.below(3);
        agent.own_wait = dice.between(0s, 30s);
        site->acd.agents.push_back(agent);
    }
    if (!site->acd.agents.empty() && dice.chance(0.8)) site->heads["service"] = site->acd.agents.front().name;
    site->hotlines[kHotline] = draw_program(dice);
    site->overflow_flows["main"] = draw_program(dice);
    ivr::Program bye;
    bye.name = "bye";
    bye.nodes = {{"bye", ivr::Hangup{{prompt("bye")}}}};
    site->overflow_flows["bye"] = std::make_shared<const ivr::Program>(std::move(bye));
    for (const char* name : {"agent_logged_in", "agent_has_no_phone", "agent_logged_out", "agent_paused", "agent_resumed"})
        if (dice.chance(0.9)) site->system_prompts[name] = prompt(name);
    if (dice.chance(0.2)) site->notice = prompt("recorded");
    draw_ways_out(dice, *site);
    site->login_by_registering = dice.chance(0.8);
    site->record_calls = dice.chance(0.7);
    site->directory_wait = dice.between(0ms, 300ms);
    site->max_calls = dice.chance(0.8) ? 100 : 3 + dice.below(10);
    return site;
}

}  // namespace hotline::sim
