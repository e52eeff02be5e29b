// REGISTER: an agent's phone says where it is. What it asks is taken apart here; bindings.h decides.
#include <algorithm>

#include "hotline/base/log.h"
#include "hotline/base/text.h"
#include "sip/reading.h"
#include "sip/state.h"

namespace hotline::sip {
namespace {

// What a connection that carries a registration may be quiet beyond its expiry.
constexpr Duration kGrace{60s};

std::optional<std::uint32_t> seconds_of(const char* text) {
    if (!text || !*text) return std::nullopt;
    std::uint64_t value = 0;
    for (const char* c = text; *c; ++c) {
        if (*c < '0' || *c > '9') return std::nullopt;
        value = std::min<std::uint64_t>(value * 10 + static_cast<std::uint64_t>(*c - '0'), UINT32_MAX);
    }
    return static_cast<std::uint32_t>(value);
}

// "0.75" → 750; what is no qvalue counts as 1 (RFC 3261 §25.1).
int q_milli_of(const char* text) {
    if (!text || (text[0] != '0' && text[0] != '1')) return 1000;
    if (text[0] == '1' || text[1] != '.') return text[0] == '1' ? 1000 : 0;
    int value = 0, unit = 100;
    for (const char* c = text + 2; *c >= '0' && *c <= '9' && unit > 0; ++c, unit /= 10) value += (*c - '0') * unit;
    return value;
}

Registration::Asked asked_of(const sip_contact_t& contact) {
    Registration::Asked asked;
    asked.uri = text_of(*contact.m_url);
    asked.expires_s = seconds_of(contact.m_expires);
    asked.q_milli = q_milli_of(contact.m_q);
    if (const char* instance = msg_params_find(contact.m_params, "+sip.instance=")) asked.instance = instance;
    return asked;
}

std::string contact_list(const std::vector<Contact>& contacts, Time now) {
    std::string list;
    for (const Contact& one : contacts) {
        const auto left = std::chrono::ceil<std::chrono::seconds>(one.expires - now).count();
        if (!list.empty()) list += ", ";
        list += "<" + one.uri + ">;expires=" + std::to_string(std::max<std::int64_t>(0, left));
    }
    return list;
}

}  // namespace

void Stack::State::take_register(nta_incoming_t* request, const sip_t& sip) {
    const Path path = transport->path_of(request);
    if (!is_sip(*sip.sip_to->a_url)) return reply(request, SIP_400_BAD_REQUEST);
    const std::string agent = user_of(*sip.sip_to->a_url);
    const Now moment = now();
    if (const auto verdict = auth.prove(sip, agent, path.far, moment); verdict != Authenticator::Verdict::Proven)
        return challenge(request, path.far, verdict);

    Registration asked;
    asked.agent = agent;
    asked.call_id = sip.sip_call_id->i_id;
    asked.cseq = sip.sip_cseq->cs_seq;
    asked.source = path.far;
    asked.transport = path.transport;
    asked.path = paths_of(sip);
    if (sip.sip_expires)
        asked.expires_s = static_cast<std::uint32_t>(std::min<unsigned long>(sip.sip_expires->ex_delta, UINT32_MAX));
    for (const sip_contact_t* one = sip.sip_contact; one; one = one->m_next) {
        if (one->m_url->url_type == url_any) {
            asked.star = true;
            continue;
        }
        // A host name is welcome: requests go to the address that the REGISTER came from.
        if (guard(*one->m_url).routing == Routing::Unroutable) return reply(request, 400, "Unusable Contact");
        asked.contacts.push_back(asked_of(*one));
    }

    const auto applied = bindings.apply(asked, moment.at);
    if (applied.status == 423) {
        const std::string least = std::to_string(applied.min_expires_s);
        return reply(request, SIP_423_INTERVAL_TOO_BRIEF, SIPTAG_MIN_EXPIRES_STR(least.c_str()));
    }
    if (applied.status != 200) return reply(request, applied.status, nullptr);

    const auto& contacts = bindings.contacts(agent);
    if (bindings.is_source(path.far)) {
        registered_at[path.far] = path.listener;
        const auto last = std::ranges::max_element(contacts, {}, &Contact::expires);
        if (path.transport == "tcp" && last != contacts.end())
            transport->keep_open(request, std::max(config.tcp_idle, last->expires - moment.at + kGrace));
    }
    const std::string list = contact_list(contacts, moment.at);
    reply(request, SIP_200_OK, SIPTAG_CONTACT_STR(list.empty() ? nullptr : list.c_str()),
          SIPTAG_PATH_STR(asked.path.empty() ? nullptr : asked.path.c_str()));
    if (!applied.changed) return;
    log::info("sip.registered", {{"agent", agent}, {"contacts", contacts.size()}, {"source", path.far}});
    tell_contacts(agent, contacts.empty());
}

void Stack::State::tell_contacts(const std::string& agent, bool signed_off) {
    const auto& contacts = bindings.contacts(agent);
    const auto newest = std::ranges::max_element(contacts, {}, &Contact::expires);
    const IpAddress source = newest == contacts.end() ? IpAddress{} : newest->source.ip;
    emit(call::AgentContacts{agent, static_cast<int>(contacts.size()), source, signed_off});
}

}  // namespace hotline::sip
