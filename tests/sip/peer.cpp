#include "sip/peer.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>

#include "hotline/base/text.h"

namespace hotline::sip::test {
namespace {

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return std::tolower(x) == std::tolower(y); });
}

std::string hex_digest(const std::string& algorithm, const std::string& text) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    const EVP_MD* kind = algorithm == "SHA-256" ? EVP_sha256() : EVP_md5();
    EVP_Digest(text.data(), text.size(), out, &length, kind, nullptr);
    return to_hex(std::string_view(reinterpret_cast<const char*>(out), length));
}

std::string quoted_parameter(const std::string& header, const std::string& name) {
    const auto at = header.find(name + "=\"");
    if (at == std::string::npos) return {};
    const auto first = at + name.size() + 2;
    return header.substr(first, header.find('"', first) - first);
}

std::size_t content_length(const std::string& head) {
    Message message{head, {}};
    const std::string text = message.header("Content-Length");
    return text.empty() ? 0 : std::stoul(text);
}

}  // namespace

// ── messages ──

int Message::status() const { return text.starts_with("SIP/2.0 ") ? std::stoi(text.substr(8, 3)) : 0; }
std::string Message::method() const {
    if (status() == 0) return text.substr(0, text.find(' '));
    const std::string value = header("CSeq");
    return value.substr(value.rfind(' ') + 1);
}
std::string Message::request_uri() const {
    const auto first = text.find(' ') + 1;
    return text.substr(first, text.find(' ', first) - first);
}
std::uint32_t Message::cseq() const { return static_cast<std::uint32_t>(std::stoul("0" + header("CSeq"))); }
std::vector<std::string> Message::headers(const std::string& name) const {
    std::vector<std::string> found;
    const std::string head = text.substr(0, text.find("\r\n\r\n"));
    for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at)) {
        at += 2;
        const std::string line = head.substr(at, head.find("\r\n", at) - at);
        const auto colon = line.find(':');
        if (colon == std::string::npos || !same_word(line.substr(0, colon), name)) continue;
        const auto first = line.find_first_not_of(' ', colon + 1);
        found.push_back(first == std::string::npos ? "" : line.substr(first));
    }
    return found;
}
std::string Message::header(const std::string& name) const {
    const auto all = headers(name);
    return all.empty() ? "" : all.front();
}
std::string Message::body() const {
    const auto at = text.find("\r\n\r\n");
    return at == std::string::npos ? "" : text.substr(at + 4);
}
std::string Message::tag_of(const std::string& name) const {
    const std::string value = header(name);
    const auto at = value.find(";tag=");
    return at == std::string::npos ? "" : value.substr(at + 5, value.find_first_of(";, ", at + 5) - at - 5);
}
std::string Message::uri_of(const std::string& name) const {
    const std::string value = header(name);
    const auto first = value.find('<');
    return first == std::string::npos ? "" : value.substr(first + 1, value.find('>') - first - 1);
}

Wanted response(int status, const std::string& method) {
    return [=](const Message& one) { return one.status() == status && one.method() == method; };
}
Wanted request(const std::string& method) {
    return [=](const Message& one) { return one.status() == 0 && one.method() == method; };
}

// ── sockets ──

Peer::Peer(Wire wire, const Address& far, const std::string& local_ip, std::uint16_t local_port) : wire_(wire), far_(far) {
    const Address wanted{*IpAddress::parse(local_ip), local_port};
    sockaddr_storage name{};
    socklen_t length = wanted.to_sockaddr(name);
    fd_ = socket(name.ss_family, (wire == Wire::Udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    EXPECT_EQ(0, bind(fd_, reinterpret_cast<sockaddr*>(&name), length)) << std::strerror(errno);
    if (wire == Wire::Tcp) {
        length = far.to_sockaddr(name);
        EXPECT_EQ(0, connect(fd_, reinterpret_cast<sockaddr*>(&name), length)) << std::strerror(errno);
    }
    length = sizeof name;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &length);
    local_ = Address::from(reinterpret_cast<sockaddr&>(name));
}

Peer::~Peer() { close(fd_); }

void Peer::send(const std::string& text) {
    sockaddr_storage name{};
    const socklen_t length = far_.to_sockaddr(name);
    const auto sent = wire_ == Wire::Udp ? sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&name), length)
                                         : ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    EXPECT_EQ(static_cast<ssize_t>(text.size()), sent) << std::strerror(errno);
}

Peer::Sent Peer::drip(const std::string& text) {
    const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(text.size()) ? Sent::All : Sent::Refused;
}

bool Peer::read_more(Duration patience) {
    pollfd wait{fd_, POLLIN, 0};
    // Less than nothing would be for ever.
    if (ended_ || poll(&wait, 1, std::max(0, static_cast<int>(to_ms(patience)))) <= 0) return false;
    char buffer[65536];
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    const auto got = recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&name), &length);
    if (got <= 0) {
        ended_ = wire_ == Wire::Tcp;
        return false;
    }
    if (wire_ == Wire::Udp) {
        inbox_.push_back({std::string(buffer, static_cast<std::size_t>(got)), Address::from(reinterpret_cast<sockaddr&>(name))});
        return true;
    }
    stream_.append(buffer, static_cast<std::size_t>(got));
    for (auto end = stream_.find("\r\n\r\n"); end != std::string::npos; end = stream_.find("\r\n\r\n")) {
        const std::size_t whole = end + 4 + content_length(stream_.substr(0, end + 4));
        if (stream_.size() < whole) break;
        inbox_.push_back({stream_.substr(0, whole), far_});
        stream_.erase(0, whole);
    }
    return true;
}

Message Peer::expect(const Wanted& wanted, const std::string& what, Duration patience) {
    const Time deadline = read_clocks().at + patience;
    while (true) {
        const auto it = std::ranges::find_if(inbox_, wanted);
        if (it != inbox_.end()) {
            Message found = *it;
            inbox_.erase(it);
            return found;
        }
        const Time now = read_clocks().at;
        if (now >= deadline || (ended_ && wire_ == Wire::Tcp)) break;
        read_more(deadline - now);
    }
    std::string seen;
    for (const Message& one : inbox_) seen += "  " + one.text.substr(0, one.text.find("\r\n")) + " [" + one.header("CSeq") + "]\n";
    ADD_FAILURE() << "no " << what << "; there is:\n" << seen;
    return {};
}
std::optional<Message> Peer::next(Duration patience) {
    if (inbox_.empty() && !read_more(patience)) return std::nullopt;
    if (inbox_.empty()) return std::nullopt;
    Message first = std::move(inbox_.front());
    inbox_.pop_front();
    return first;
}
Message Peer::expect_status(int status, const std::string& method, Duration patience) {
    return expect(response(status, method), std::to_string(status) + " to " + method, patience);
}
Message Peer::expect_request(const std::string& method, Duration patience) { return expect(request(method), method, patience); }

bool Peer::has(const Wanted& wanted) {
    while (read_more(0ms)) {
    }
    return std::ranges::any_of(inbox_, wanted);
}
void Peer::forget() {
    while (read_more(0ms)) {
    }
    inbox_.clear();
}
bool Peer::closed_by_far_side(Duration patience) {
    const Time deadline = read_clocks().at + patience;
    while (!ended_ && read_clocks().at < deadline) read_more(deadline - read_clocks().at);
    return ended_;
}
std::string Peer::via(const std::string& branch) const {
    return std::string("Via: SIP/2.0/") + (wire_ == Wire::Udp ? "UDP " : "TCP ") + to_text(local_) + ";rport;branch=" + branch;
}
std::string Peer::contact() const { return "<sip:peer@" + to_text(local_) + (wire_ == Wire::Tcp ? ";transport=tcp>" : ">"); }

// ── dialogs ──

std::string unique() {
    static std::atomic<unsigned> count{0};
    return std::to_string(getpid()) + "x" + std::to_string(read_clocks().at.time_since_epoch().count()) + "x" +
           std::to_string(++count);
}

std::string sdp(int version, const std::string& direction, const std::string& formats, const std::string& ip) {
    std::string text = "v=0\r\no=peer 4711 " + std::to_string(version) + " IN IP4 " + ip + "\r\ns=-\r\nc=IN IP4 " + ip +
                       "\r\nt=0 0\r\nm=audio 40000 RTP/AVP " + formats + "\r\n";
    if (formats.find("101") != std::string::npos) text += "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
    if (!direction.empty()) text += "a=" + direction + "\r\n";
    return text;
}

Side::Side(Peer& the_peer, const std::string& the_user, const std::string& the_called)
    : peer(the_peer), user(the_user), called(the_called), call_id(unique()), local_tag(unique()) {
    our_uri_ = "sip:" + user + "@" + to_text(peer.local());
    their_uri_ = "sip:" + called + "@" + to_text(peer.far());
    target = their_uri_;
}

std::string Side::make(const std::string& method, std::uint32_t number, const std::string& the_branch, const Extra& extra,
                       const Peer& from) const {
    std::string text = method + " " + (extra.uri.empty() ? target : extra.uri) + " SIP/2.0\r\n" + from.via(the_branch) + "\r\n";
    text += "From: <" + our_uri_ + ">;tag=" + local_tag + "\r\n";
    text += "To: <" + their_uri_ + ">" + (remote_tag.empty() ? "" : ";tag=" + remote_tag) + "\r\n";
    text += "Call-ID: " + call_id + "\r\nCSeq: " + std::to_string(number) + " " + method + "\r\n";
    const bool own_max_forwards =
        std::ranges::any_of(extra.headers, [](const std::string& line) { return line.starts_with("Max-Forwards"); });
    if (!own_max_forwards) text += "Max-Forwards: 70\r\n";
    if (extra.contact != "none") text += "Contact: " + (extra.contact.empty() ? from.contact() : extra.contact) + "\r\n";
    for (const std::string& line : extra.headers) text += line + "\r\n";
    if (!extra.body.empty()) text += "Content-Type: " + extra.content_type + "\r\n";
    return text + "Content-Length: " + std::to_string(extra.body.size()) + "\r\n\r\n" + extra.body;
}

std::uint32_t Side::send(const std::string& method, const Extra& extra) {
    const std::uint32_t number = ++cseq;
    const std::string fresh = "z9hG4bK" + unique();
    if (method == "INVITE") branch = fresh;
    peer.send(make(method, number, fresh, extra, peer));
    return number;
}

std::uint32_t Side::invite(const std::string& body, const Extra& extra) {
    Extra with = extra;
    with.body = body;
    return send("INVITE", with);
}

Message Side::expect(int status, const std::string& method, Duration patience) {
    const auto wanted = [&](const Message& one) {
        return one.status() == status && one.method() == method && one.header("Call-ID") == call_id && one.cseq() == cseq;
    };
    return peer.expect(wanted, std::to_string(status) + " to " + method + " " + std::to_string(cseq), patience);
}

Message Side::confirm(const std::string& body) {
    const Message ok = expect(200);
    remote_tag = ok.tag_of("To");
    if (!ok.uri_of("Contact").empty()) target = ok.uri_of("Contact");
    ack(cseq, body);
    return ok;
}

void Side::ack(std::uint32_t number, const std::string& body) {
    Extra extra;
    extra.body = body;
    peer.send(make("ACK", number, "z9hG4bK" + unique(), extra, peer));
}

void Side::cancel() { peer.send(make("CANCEL", cseq, branch, {}, peer)); }

void Side::ack_failure(const Message& failure) {
    Side copy(*this);
    copy.remote_tag = failure.tag_of("To");
    peer.send(copy.make("ACK", cseq, branch, {}, peer));
}

void Side::take(const Message& invite) {
    incoming_ = true;
    call_id = invite.header("Call-ID");
    remote_tag = invite.tag_of("From");
    target = invite.uri_of("Contact");
    our_uri_ = invite.uri_of("To");
    their_uri_ = invite.uri_of("From");
}

void Side::answer(const Message& asked, int status, const Extra& extra) {
    std::string text = "SIP/2.0 " + std::to_string(status) + " Words\r\n";
    for (const std::string& via : asked.headers("Via")) text += "Via: " + via + "\r\n";
    text += "From: " + asked.header("From") + "\r\nTo: " + asked.header("To");
    if (asked.tag_of("To").empty() && status > 100) text += ";tag=" + local_tag;
    text += "\r\nCall-ID: " + asked.header("Call-ID") + "\r\nCSeq: " + asked.header("CSeq") + "\r\n";
    if (extra.contact != "none") text += "Contact: " + (extra.contact.empty() ? peer.contact() : extra.contact) + "\r\n";
    for (const std::string& line : extra.headers) text += line + "\r\n";
    if (!extra.body.empty()) text += "Content-Type: " + extra.content_type + "\r\n";
    peer.send(text + "Content-Length: " + std::to_string(extra.body.size()) + "\r\n\r\n" + extra.body);
}

std::string authorization(const Message& challenge, const std::string& method, const std::string& uri, const std::string& user,
                          const std::string& password, const std::string& algorithm) {
    for (const std::string& offered : challenge.headers("WWW-Authenticate")) {
        const bool is_sha = offered.find("SHA-256") != std::string::npos && offered.find("SHA-512") == std::string::npos;
        const bool is_md5 = offered.find("SHA") == std::string::npos;
        if (algorithm == "SHA-256" ? !is_sha : !is_md5) continue;
        const std::string realm = quoted_parameter(offered, "realm"), nonce = quoted_parameter(offered, "nonce"),
                          opaque = quoted_parameter(offered, "opaque"), cnonce = unique();
        const std::string a1 = hex_digest(algorithm, user + ":" + realm + ":" + password);
        const std::string a2 = hex_digest(algorithm, method + ":" + uri);
        const std::string answer = hex_digest(algorithm, a1 + ":" + nonce + ":00000001:" + cnonce + ":auth:" + a2);
        return "Authorization: Digest username=\"" + user + "\", realm=\"" + realm + "\", nonce=\"" + nonce + "\", uri=\"" + uri +
               "\", response=\"" + answer + "\", algorithm=" + algorithm + ", qop=auth, nc=00000001, cnonce=\"" + cnonce + "\"" +
               (opaque.empty() ? "" : ", opaque=\"" + opaque + "\"");
    }
    ADD_FAILURE() << "no challenge with " << algorithm << " in\n" << challenge.text;
    return "Authorization: none";
}

// ── the daemon ──

Config Daemon::quick() {
    Config config;
    config.listen = {*Address::parse("127.0.0.1:0")};
    config.t1x64 = 1s;
    for (const char* agent : {"8001", "8002", "8003"}) config.accounts.passwords[agent] = std::string("pw-") + agent;
    config.accounts.trunks = {{"local", {*Network::parse("127.0.0.0/8"), *Network::parse("::1/128")}}};
    return config;
}

Daemon::Daemon(const Config& config) {
    std::promise<void> ready;
    thread_ = std::thread([&ready, config, this] {
        Loop loop;
        loop_ = &loop;
        auto stack = Stack::start(
            loop, config, leg_ids_,
            [this](call::Event event) {
                const std::lock_guard lock(mutex_);
                events_.push_back(std::move(event));
                arrived_.notify_all();
            },
            metrics_);
        EXPECT_TRUE(stack.ok()) << (stack ? "" : stack.error().text);
        if (stack) {
            stack_ = stack->get();
            bound_ = stack_->bound();
        }
        ready.set_value();
        if (stack) loop.run();
    });
    ready.get_future().wait();
}

Daemon::~Daemon() {
    if (stack_) loop_->stop();
    thread_.join();
}

void Daemon::expect_at_rest() {
    if (!stack_) return;
    const Time deadline = read_clocks().at + kPatience;
    StackCensus last;
    do {
        last = census();
        if (last.sessions + last.nta_legs + last.nta_incoming + last.nta_outgoing == 0) return;
        std::this_thread::yield();
    } while (read_clocks().at < deadline);
    ADD_FAILURE() << "left behind: " << last.sessions << " sessions, " << last.nta_legs << " dialogs, " << last.nta_incoming
                  << " server and " << last.nta_outgoing << " client transactions";
}

std::int64_t Daemon::counter(const std::string& name) {
    const std::string page = metrics_.render();
    std::int64_t sum = 0;
    for (std::size_t at = page.find("\nhotline_" + name); at != std::string::npos; at = page.find("\nhotline_" + name, at + 1)) {
        const auto end = page.find('\n', at + 1);
        const auto blank = page.rfind(' ', end);
        sum += std::stoll(page.substr(blank + 1, end - blank - 1));
    }
    return sum;
}

void Daemon::ring(call::LegId leg) {
    run([&](Stack& stack) { stack.ring(leg); });
}
void Daemon::early(call::LegId leg, const call::LocalAudio& audio) {
    run([&](Stack& stack) { stack.early(leg, audio); });
}
void Daemon::answer(call::LegId leg, const call::LocalAudio& audio) {
    run([&](Stack& stack) { stack.answer(leg, audio); });
}
void Daemon::refuse(call::LegId leg, int status, const std::string& phrase, int retry_after_s) {
    run([&](Stack& stack) { stack.refuse(leg, status, phrase, retry_after_s); });
}
void Daemon::hangup(call::LegId leg) {
    run([&](Stack& stack) { stack.hangup(leg); });
}
void Daemon::answer_offer(call::LegId leg, const call::LocalAudio& audio) {
    run([&](Stack& stack) { stack.answer_offer(leg, audio); });
}
void Daemon::refuse_offer(call::LegId leg, int status) {
    run([&](Stack& stack) { stack.refuse_offer(leg, status); });
}
void Daemon::offer(call::LegId leg, const call::LocalAudio& audio) {
    run([&](Stack& stack) { stack.offer(leg, audio); });
}
call::LegId Daemon::dial(const std::string& agent, std::vector<std::pair<std::string, std::string>> headers,
                         const std::string& caller, const std::string& caller_name) {
    return run([&](Stack& stack) {
        call::Signaling::AgentCall call{leg_ids_.next(), agent, caller, caller_name, our_audio(), std::move(headers)};
        const auto leg = call.leg;
        stack.dial(std::move(call));
        return leg;
    });
}
call::LegId Daemon::dial_out(const std::string& trunk, const std::string& number, const std::string& shown, Duration silence) {
    return run([&](Stack& stack) {
        call::Signaling::TrunkCall call{leg_ids_.next(), trunk, number, shown, our_audio(), silence};
        const auto leg = call.leg;
        stack.dial(std::move(call));
        return leg;
    });
}
call::LocalAudio our_audio(call::Direction direction) {
    call::LocalAudio audio;
    audio.rtp = *Address::parse("127.0.0.1:20000");
    audio.codecs = {{call::Codec::Pcma, 8}};
    audio.telephone_event = 101;
    audio.direction = direction;
    return audio;
}

// ── the fixture ──

call::InviteArrived SipTest::arrive(Side& caller, const std::string& body, const Extra& extra) {
    caller.invite(body, extra);
    return daemon().expect<call::InviteArrived>();
}

call::LegId SipTest::establish(Side& caller, const std::string& body, const Extra& extra) {
    const auto leg = arrive(caller, body, extra).leg;
    daemon().answer(leg);
    caller.confirm();
    daemon().expect<call::LegConfirmed>();
    return leg;
}

Message SipTest::enrol(Peer& phone, const std::string& agent, const std::string& contact, int expires_s) {
    Side side(phone, agent, agent);
    const std::string uri = "sip:" + to_text(phone.far());
    Extra extra;
    extra.uri = uri;
    extra.contact = contact.empty() ? phone.contact() : contact;
    extra.headers = {"Expires: " + std::to_string(expires_s)};
    side.send("REGISTER", extra);
    const Message challenge = side.expect(401, "REGISTER");
    extra.headers.push_back(authorization(challenge, "REGISTER", uri, agent, "pw-" + agent));
    side.send("REGISTER", extra);
    const Message ok = side.expect(200, "REGISTER");
    daemon().expect<call::AgentContacts>();
    return ok;
}

void SipTest::finish(Side& caller, call::LegId leg) {
    caller.send("BYE");
    caller.expect(200, "BYE");
    const auto ended = daemon().expect<call::LegEnded>();
    EXPECT_EQ(leg, ended.leg);
    EXPECT_EQ(call::LegEnded::Cause::Remote, ended.cause);
}

}  // namespace hotline::sip::test
