// The yardstick for CPU a call: the least that a back-to-back agent on libsofia's nta can do. No checks, no registrar, no core, no
// media.
//
//   bench_nta_b2b HOST PORT        INVITE in on a free port of 127.0.0.1 ─▶ INVITE out to HOST:PORT; 200 and BYE both ways
//
// Prints `ready PORT` once it listens; ends on SIGTERM or SIGINT.
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>

#include "sip/sofia.h"

extern "C" {
extern su_log_t nta_log[];
extern su_log_t tport_log[];
}

namespace {

using namespace hotline::sip;

/// One call: the side that it came in on and the side that it goes out on.
struct Call {
    LegHandle in, out;
    IncomingHandle their_invite;
    OutgoingHandle our_invite, bye;
};

class Yardstick {
  public:
    Yardstick(const std::string& host, const std::string& port) : target_("sip:load@" + host + ":" + port) {}

    int run();

  private:
    static Yardstick* self;
    static Call* find(const Magic* magic) {
        const auto it = self->calls_.find(from_magic(magic));
        return it == self->calls_.end() ? nullptr : &it->second;
    }

    static int on_new(Magic*, nta_leg_t*, nta_incoming_t* request, sip_t const* sip);
    static int on_in(Magic* magic, nta_leg_t*, nta_incoming_t*, sip_t const* sip) { return in_dialog(magic, sip, &Call::out); }
    static int on_out(Magic* magic, nta_leg_t*, nta_incoming_t*, sip_t const* sip) { return in_dialog(magic, sip, &Call::in); }
    static int in_dialog(Magic* magic, sip_t const* sip, LegHandle Call::*other);
    static int on_ack_or_cancel(Magic* magic, nta_incoming_t* request, sip_t const* sip);
    static int on_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip);
    static int on_bye_answer(Magic* magic, nta_outgoing_t*, sip_t const* sip);
    void connect(Call& call, sip_t const* sip);

    const std::string target_;
    std::string contact_;
    AgentHandle agent_;
    LegHandle default_leg_;
    std::unordered_map<std::uint64_t, Call> calls_;
    std::uint64_t last_ = 0;
};

Yardstick* Yardstick::self = nullptr;

int Yardstick::on_new(Magic*, nta_leg_t*, nta_incoming_t* request, sip_t const* sip) {
    if (sip->sip_request->rq_method == sip_method_options) return 200;
    if (sip->sip_request->rq_method != sip_method_invite || sip->sip_to->a_tag) return 481;
    const std::uint64_t id = ++self->last_;
    Call& call = self->calls_[id];
    call.in.reset(nta_leg_tcreate(self->agent_.get(), on_in, to_magic(id), SIPTAG_CALL_ID(sip->sip_call_id),
                                  SIPTAG_FROM(sip->sip_to), SIPTAG_TO(sip->sip_from), NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq),
                                  TAG_END()));
    nta_leg_tag(call.in.get(), nta_incoming_tag(request, nullptr));
    nta_leg_server_route(call.in.get(), sip->sip_record_route, sip->sip_contact);
    nta_incoming_bind(request, on_ack_or_cancel, to_magic(id));
    call.their_invite.reset(request);

    call.out.reset(nta_leg_tcreate(self->agent_.get(), on_out, to_magic(id), SIPTAG_FROM(sip->sip_from),
                                   SIPTAG_TO_STR(("<" + self->target_ + ">").c_str()), TAG_END()));
    nta_leg_tag(call.out.get(), nullptr);
    call.our_invite.reset(nta_outgoing_tcreate(call.out.get(), on_answer, to_magic(id), nullptr, SIP_METHOD_INVITE,
                                               URL_STRING_MAKE(self->target_.c_str()), SIPTAG_CONTACT_STR(self->contact_.c_str()),
                                               SIPTAG_CONTENT_TYPE(sip->sip_content_type), SIPTAG_PAYLOAD(sip->sip_payload),
                                               TAG_END()));
    return 0;
}

int Yardstick::on_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip) {
    Call* call = find(magic);
    if (!call || call->our_invite.get() != request) return 0;
    const int status = sip && sip->sip_status ? sip->sip_status->st_status : 408;
    if (status < 200) {
        nta_incoming_treply(call->their_invite.get(), status, nullptr, SIPTAG_CONTACT_STR(self->contact_.c_str()), TAG_END());
    } else if (status < 300) {
        self->connect(*call, sip);
    } else {
        nta_incoming_treply(call->their_invite.get(), status, nullptr, TAG_END());
        self->calls_.erase(from_magic(magic));
    }
    return 0;
}

void Yardstick::connect(Call& call, sip_t const* sip) {
    nta_leg_rtag(call.out.get(), sip->sip_to->a_tag);
    nta_leg_client_reroute(call.out.get(), sip->sip_record_route, sip->sip_contact, 1);
    const std::string cseq = std::to_string(sip->sip_cseq->cs_seq) + " ACK";
    const OutgoingHandle ack(nta_outgoing_tcreate(call.out.get(), nullptr, nullptr, nullptr, SIP_METHOD_ACK, nullptr,
                                                  SIPTAG_CSEQ_STR(cseq.c_str()), TAG_END()));
    call.our_invite.reset();
    nta_incoming_treply(call.their_invite.get(), SIP_200_OK, SIPTAG_CONTACT_STR(contact_.c_str()),
                        SIPTAG_CONTENT_TYPE(sip->sip_content_type), SIPTAG_PAYLOAD(sip->sip_payload), TAG_END());
}

int Yardstick::on_ack_or_cancel(Magic* magic, nta_incoming_t*, sip_t const* sip) {
    Call* call = find(magic);
    if (!call) return 0;
    if (sip && sip->sip_request->rq_method == sip_method_ack) {
        call->their_invite.reset();
        return 0;
    }
    if (call->our_invite) nta_outgoing_tcancel(call->our_invite.get(), nullptr, nullptr, TAG_END());
    self->calls_.erase(from_magic(magic));
    return 0;
}

int Yardstick::in_dialog(Magic* magic, sip_t const* sip, LegHandle Call::*other) {
    Call* call = find(magic);
    if (!call) return 481;
    if (sip->sip_request->rq_method == sip_method_info) return 200;  // a key of the load's callers
    if (sip->sip_request->rq_method != sip_method_bye) return 405;
    if (call->bye) return 200;
    call->bye.reset(nta_outgoing_tcreate((call->*other).get(), on_bye_answer, magic, nullptr, SIP_METHOD_BYE, nullptr, TAG_END()));
    if (!call->bye) self->calls_.erase(from_magic(magic));
    return 200;
}

int Yardstick::on_bye_answer(Magic* magic, nta_outgoing_t*, sip_t const* sip) {
    if (!sip || !sip->sip_status || sip->sip_status->st_status >= 200) self->calls_.erase(from_magic(magic));
    return 0;
}

int Yardstick::run() {
    self = this;
    su_init();
    for (su_log_t* one : {nta_log, tport_log, su_log_default}) su_log_set_level(one, 0);
    su_root_t* root = su_root_create(nullptr);
    su_root_threading(root, 0);
    su_root_multishot(root, 1);
    agent_.reset(nta_agent_create(root, URL_STRING_MAKE("sip:127.0.0.1:*;transport=udp"), nullptr, nullptr, NTATAG_UA(1),
                                  NTATAG_SERVER_RPORT(2), NTATAG_CLIENT_RPORT(1), NTATAG_UDP_MTU(65535), TPTAG_UDP_RMEM(4 << 20),
                                  TPTAG_UDP_WMEM(4 << 20), TAG_END()));
    if (!agent_) return std::fprintf(stderr, "nta_b2b: no port on 127.0.0.1\n"), 1;
    default_leg_.reset(nta_leg_tcreate(agent_.get(), on_new, nullptr, NTATAG_NO_DIALOG(1), TAG_END()));
    const char* port = tport_name(tport_primaries(nta_agent_tports(agent_.get())))->tpn_port;
    contact_ = std::string("<sip:b2b@127.0.0.1:") + port + ">";

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, nullptr);
    const int signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    su_wait_t wait[1];
    su_wait_create(wait, signals, SU_WAIT_IN);
    const auto ended = [](NativeLoop*, su_wait_t*, void* the_root) {
        su_root_break(static_cast<su_root_t*>(the_root));
        return 0;
    };
    su_root_register(root, wait, ended, root, su_pri_normal);

    std::printf("ready %s\n", port);
    std::fflush(stdout);
    su_root_run(root);

    calls_.clear();
    default_leg_.reset();
    agent_.reset();
    su_root_destroy(root);
    close(signals);
    su_deinit();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: %s HOST PORT\n", argv[0]), 2;
    return Yardstick(argv[1], argv[2]).run();
}
