// Every build fuzzes: seeded mutations of good and nasty messages through the readers that strangers reach. A failure prints the
// seed's input through HL_CHECK's abort; longer runs are in tests/fuzz.
#include <gtest/gtest.h>

#include "fuzz/sip_targets.h"
#include "hotline/base/random.h"

namespace hotline::sip {
namespace {

using namespace std::string_view_literals;

const std::vector<std::string> kSdp{
    "v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\nm=audio 49217 RTP/AVP 0 "
    "12\r\nm=video 3227 RTP/AVP 31\r\n"
    "a=rtpmap:31 LPC\r\n",
    "v=0\r\no=- 1 2 IN IP6 2001:db8::1\r\ns=-\r\nt=0 0\r\na=sendonly\r\nm=audio 4000 RTP/AVP 97 101\r\nc=IN IP6 "
    "2001:db8::1\r\na=rtpmap:97 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\na=maxptime:60\r\na=rtcp:5000 IN IP4 "
    "192.0.2.9\r\na=rtcp-mux\r\na=inactive\r\n",
    "v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 49217 RTP/;;;;SIP/2.0;;AVP 0 12\r\nm=audio 2 RTP/AVPF 8 0\r\n",
};

const std::vector<std::string> kSip{
    "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\nTO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = "
    "1918181833n\r\nfrom   : \"J Rosenberg "
    "\\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\ncseq: 0009\r\n  "
    "INVITE\r\nVia  : SIP  /   2.0\r\n "
    "/UDP\r\n    192.0.2.2;branch=390skdjuw\r\nv:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  "
    ",\r\n SIP  /    2.0   / UDP  "
    "192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n\r\nv=0\r\n",
    "OPTIONS sip:t.watson@example.org SIP/7.0\r\nVia:     SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw\r\nTo: \"\\\x01\" "
    "<sip:a>\r\nCall-ID: 1\r\n\r\n",
    "REGISTER sip:[2001:db8::10] SIP/2.0\r\nVia: SIP/2.0/TLS [2001:db8::9:1]:5060;rport;maddr=x;branch=z9hG4bKas3-111\r\nTo: "
    "a\r\n\r\n",
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\r\n\r\n",
};

const std::vector<std::string> kDigest{
    "Digest username=\"8001\", realm=\"hotline\", nonce=\"0006\\\"0a\", uri=\"sip:hotline\", "
    "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5, "
    "cnonce=\"c\", nc=00000001, qop=auth",
};

/// One input made worse: bytes changed, cut, doubled, joined with a piece of another.
std::string mutate(const std::vector<std::string>& corpus, Random& random) {
    static constexpr std::string_view kSpice = "\0\r\n \t;,:=/\"\\<>@[]%0\xff\x7fvm"sv;
    std::string text = corpus[random.below(corpus.size())];
    for (auto steps = 1 + random.below(6); steps > 0 && !text.empty(); --steps) {
        const auto at = random.below(text.size());
        const auto length = 1 + random.below(std::min<std::size_t>(24, text.size() - at));
        switch (random.below(6)) {
            case 0: text[at] = static_cast<char>(random.next()); break;
            case 1: text[at] = kSpice[random.below(kSpice.size())]; break;
            case 2: text.insert(at, 1 + random.below(3), kSpice[random.below(kSpice.size())]); break;
            case 3: text.erase(at, length); break;
            case 4: text.insert(at, text.substr(random.below(text.size()), length)); break;
            case 5: text.resize(at); break;
        }
    }
    return text;
}

void run(const std::vector<std::string>& corpus, void (*target)(std::string_view), int inputs) {
    Random random(20260101);
    for (const auto& text : corpus) target(text);
    for (int i = 0; i < inputs; ++i) target(mutate(corpus, random));
}

TEST(Fuzz, sdp) { run(kSdp, fuzz::sdp, 100'000); }
TEST(Fuzz, gate) { run(kSip, fuzz::gate, 100'000); }
TEST(Fuzz, digest) { run(kDigest, fuzz::digest, 20'000); }

}  // namespace
}  // namespace hotline::sip
