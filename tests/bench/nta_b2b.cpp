// The yardstick of the `calls` bench: what a call costs between two phones when nothing is done to it. libsofia's nta alone: no
// media, no menu, no queue, no journal, no guards.
//
//   bench_nta_b2b TARGET        e.g. 127.0.0.1:5080; prints `ready PORT`, ends on SIGTERM
//
//   INVITE ─▶ a-leg ─▶ b-leg ─▶ INVITE to TARGET; 180, 200, final errors and SDP back; BYE of either side to the other; INFO is
//   answered here
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>

#include "sip/sofia.h"

namespace hotline::sip {
namespace {

volatile sig_atomic_t ended = 0;

struct Pair {
    LegHandle a, b;
    IncomingHandle invite;
    OutgoingHandle out, bye;
};

class BackToBack {
  public:
    BackToBack(su_root_t* root, std::string target) : target_("sip:" + std::move(target)) {
        agent_.reset(nta_agent_create(root, URL_STRING_MAKE("sip:127.0.0.1:*;transport=udp"), nullptr, nullptr, NTATAG_UA(1),
                                      NTATAG_SERVER_RPORT(2), NTATAG_UDP_MTU(65535), TPTAG_UDP_RMEM(4 << 20),
                                      TPTAG_UDP_WMEM(4 << 20), TAG_END()));
        if (!agent_) return;
        all_.reset(nta_leg_tcreate(agent_.get(), on_new, to_magic(0), NTATAG_NO_DIALOG(1), TAG_END()));
        contact_ = nta_agent_contact(agent_.get());
        self() = this;
    }
    /// 0: it could not start.
    int port() const { return contact_ ? std::atoi(contact_->m_url->url_port) : 0; }

  private:
    static BackToBack*& self() {
        static BackToBack* one = nullptr;
        return one;
    }
    static Pair* find(const Magic* magic) {
        const auto it = self()->pairs_.find(from_magic(magic));
        return it == self()->pairs_.end() ? nullptr : &it->second;
    }

    static int on_new(Magic*, nta_leg_t*, nta_incoming_t* request, const sip_t* sip) {
        switch (sip->sip_request->rq_method) {
            case sip_method_invite: return self()->begin(request, sip);
            case sip_method_ack: return 0;
            case sip_method_options: return 200;
            default: return 481;
        }
    }

    int begin(nta_incoming_t* request, const sip_t* sip) {
        Magic* const magic = to_magic(++last_);
        Pair& pair = pairs_[last_];
        pair.invite.reset(request);
        pair.a.reset(nta_leg_tcreate(agent_.get(), on_request, magic, SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(sip->sip_to),
                                     SIPTAG_TO(sip->sip_from), TAG_END()));
        nta_leg_tag(pair.a.get(), nta_incoming_tag(request, nullptr));
        nta_leg_server_route(pair.a.get(), sip->sip_record_route, sip->sip_contact);
        nta_incoming_bind(request, on_ack, magic);
        pair.b.reset(nta_leg_tcreate(agent_.get(), on_request, magic, SIPTAG_FROM_STR("<sip:b2b@127.0.0.1>"),
                                     SIPTAG_TO_STR(target_.c_str()), TAG_END()));
        nta_leg_tag(pair.b.get(), nullptr);
        pair.out.reset(nta_outgoing_tcreate(
            pair.b.get(), on_answer, magic, nullptr, SIP_METHOD_INVITE, URL_STRING_MAKE(target_.c_str()), SIPTAG_CONTACT(contact_),
            SIPTAG_CONTENT_TYPE(sip->sip_content_type), SIPTAG_PAYLOAD(sip->sip_payload), TAG_END()));
        return 0;
    }

    static int on_answer(Magic* magic, nta_outgoing_t*, const sip_t* sip) {
        Pair* pair = find(magic);
        if (!pair || !pair->invite) return 0;
        const int status = sip ? sip->sip_status->st_status : 408;
        if (status < 200) {
            if (status > 100) nta_incoming_treply(pair->invite.get(), status, sip->sip_status->st_phrase, TAG_END());
        } else if (status < 300) {
            self()->connect(*pair, sip);
        } else {
            nta_incoming_treply(pair->invite.get(), status, nullptr, TAG_END());
            self()->pairs_.erase(from_magic(magic));
        }
        return 0;
    }

    void connect(Pair& pair, const sip_t* sip) {
        nta_leg_rtag(pair.b.get(), sip->sip_to->a_tag);
        nta_leg_client_route(pair.b.get(), sip->sip_record_route, sip->sip_contact);
        const auto cseq = std::to_string(sip->sip_cseq->cs_seq) + " ACK";
        // Destroyed at once: nta repeats it when the 200 is repeated.
        OutgoingHandle(nta_outgoing_tcreate(pair.b.get(), nullptr, nullptr, nullptr, SIP_METHOD_ACK, nullptr,
                                            SIPTAG_CSEQ_STR(cseq.c_str()), TAG_END()));
        nta_incoming_treply(pair.invite.get(), SIP_200_OK, SIPTAG_CONTACT(contact_), SIPTAG_CONTENT_TYPE(sip->sip_content_type),
                            SIPTAG_PAYLOAD(sip->sip_payload), TAG_END());
    }

    static int on_ack(Magic* magic, nta_incoming_t*, const sip_t* sip) {
        Pair* pair = find(magic);
        if (!pair) return 0;
        pair->invite.reset();
        if (!sip) self()->hang_up(*pair, pair->b.get(), magic);  // nobody acknowledged
        return 0;
    }

    static int on_request(Magic* magic, nta_leg_t* leg, nta_incoming_t*, const sip_t* sip) {
        Pair* pair = find(magic);
        if (!pair) return 481;
        if (sip->sip_request->rq_method == sip_method_bye)
            self()->hang_up(*pair, leg == pair->a.get() ? pair->b.get() : pair->a.get(), magic);
        return 200;
    }

    void hang_up(Pair& pair, nta_leg_t* leg, Magic* magic) {
        pair.bye.reset(nta_outgoing_tcreate(leg, on_bye_answered, magic, nullptr, SIP_METHOD_BYE, nullptr, TAG_END()));
        if (!pair.bye) pairs_.erase(from_magic(magic));
    }

    static int on_bye_answered(Magic* magic, nta_outgoing_t*, const sip_t* sip) {
        if (!sip || sip->sip_status->st_status >= 200) self()->pairs_.erase(from_magic(magic));
        return 0;
    }

    std::string target_;
    AgentHandle agent_;
    LegHandle all_;
    sip_contact_t* contact_ = nullptr;
    std::uint64_t last_ = 0;
    std::unordered_map<std::uint64_t, Pair> pairs_;
};

int run(const char* target) {
    struct sigaction action {};
    action.sa_handler = [](int) { ended = 1; };
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
    if (su_init() != 0) return 1;
    {
        const std::unique_ptr<su_root_t, void (*)(su_root_t*)> root(su_root_create(nullptr), su_root_destroy);
        if (!root) return 1;
        su_root_threading(root.get(), 0);
        su_root_multishot(root.get(), 1);
        const BackToBack program(root.get(), target);
        if (program.port() == 0) {
            std::fprintf(stderr, "bench_nta_b2b: no UDP port of 127.0.0.1 can be bound\n");
            return 1;
        }
        std::printf("ready %d\n", program.port());
        std::fflush(stdout);
        while (!ended) su_root_step(root.get(), 200);
    }
    su_deinit();
    return 0;
}

}  // namespace
}  // namespace hotline::sip

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: bench_nta_b2b HOST:PORT\n");
        return 2;
    }
    return hotline::sip::run(argv[1]);
}
