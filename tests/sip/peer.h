// The other side of the wire, by hand: raw UDP and TCP, messages as text, every wait with a deadline. And the stack under test on a
// control thread of its own.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "hotline/base/address.h"
#include "hotline/base/time.h"
#include "hotline/sip/loop.h"
#include "hotline/sip/stack.h"

namespace hotline::sip::test {

inline constexpr Duration kPatience{10s};

/// A SIP message as it came.
struct Message {
    std::string text;
    Address from;

    int status() const;          // 0: a request
    std::string method() const;  // of the request line, or of CSeq
    std::string request_uri() const;
    std::uint32_t cseq() const;
    /// First header of that name, case-insensitive, without folding; empty when absent.
    std::string header(const std::string& name) const;
    std::vector<std::string> headers(const std::string& name) const;
    std::string body() const;
    std::string tag_of(const std::string& header_name) const;
    /// The URI between < and > of a header.
    std::string uri_of(const std::string& header_name) const;
};

using Wanted = std::function<bool(const Message&)>;
Wanted response(int status, const std::string& method);
Wanted request(const std::string& method);

enum class Wire { Udp, Tcp };

/// A socket that speaks SIP as text.
class Peer {
  public:
    /// Tcp connects at once.
    Peer(Wire wire, const Address& far, const std::string& local_ip = "127.0.0.1", std::uint16_t local_port = 0);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    void send(const std::string& text);
    enum class Sent { All, Refused };
    Sent drip(const std::string& text);  // send() to a far side that may have closed
    /// The first message that fits, also of those that were passed over before. Fails the test and returns an empty one when none
    /// comes.
    Message expect(const Wanted& wanted, const std::string& what, Duration patience = kPatience);
    std::optional<Message> next(Duration patience);  // whatever comes first
    Message expect_status(int status, const std::string& method, Duration patience = kPatience);
    Message expect_request(const std::string& method, Duration patience = kPatience);
    /// Whether one has come by now. Reads what waits in the socket.
    bool has(const Wanted& wanted);
    void forget();                               // drops everything that has come by now
    bool closed_by_far_side(Duration patience);  // Tcp
    Address local() const { return local_; }
    const Address& far() const { return far_; }
    Wire wire() const { return wire_; }
    std::string via(const std::string& branch) const;
    std::string contact() const;  // <sip:peer@ip:port>

  private:
    bool read_more(Duration patience);
    Wire wire_;
    Address far_, local_;
    int fd_ = -1;
    std::string stream_;
    bool ended_ = false;
    std::deque<Message> inbox_;
};

std::string unique();  // a token for branches, tags and Call-IDs

/// An SDP body. `version` is o='s; `direction` an attribute line or empty.
std::string sdp(int version = 1, const std::string& direction = "", const std::string& formats = "8 0 101",
                const std::string& ip = "127.0.0.1");

struct Extra {
    std::vector<std::string> headers;  // whole lines without CRLF
    std::string body;
    std::string content_type = "application/sdp";
    std::string contact;  // instead of the peer's own; "none" for no Contact
    std::string uri;      // instead of the usual Request-URI
};

/// One side of a dialog with the stack. It makes requests and answers by hand.
class Side {
  public:
    Side(Peer& peer, const std::string& user, const std::string& called);

    /// Sends a request; returns its CSeq.
    std::uint32_t send(const std::string& method, const Extra& extra = {});
    /// The same request once more with the same CSeq, from this peer instead, or with another branch.
    std::string make(const std::string& method, std::uint32_t cseq, const std::string& branch, const Extra& extra,
                     const Peer& from) const;
    std::uint32_t invite(const std::string& body, const Extra& extra = {});
    Message expect(int status, const std::string& method = "INVITE", Duration patience = kPatience);
    /// Waits for the 200 to INVITE `cseq` and ACKs it.
    Message confirm(const std::string& body = "");
    void ack(std::uint32_t cseq, const std::string& body = "");
    /// CANCEL of the INVITE sent last; ACK of its final response ≥ 300.
    void cancel();
    void ack_failure(const Message& failure);

    /// An INVITE that came from the stack: takes over its dialog.
    void take(const Message& invite);
    /// Answers a request of the stack.
    void answer(const Message& request, int status, const Extra& extra = {});

    Peer& peer;
    std::string user, called, call_id, local_tag, remote_tag, target, branch;
    std::uint32_t cseq = 1;

  private:
    bool incoming_ = false;
    std::string their_uri_, our_uri_;
};

/// Digest MD5, or as `algorithm` says, for the challenge in a 401.
std::string authorization(const Message& challenge, const std::string& method, const std::string& uri, const std::string& user,
                          const std::string& password, const std::string& algorithm = "MD5");

/// What our side says: PCMA on 127.0.0.1:20000.
call::LocalAudio our_audio(call::Direction direction = call::Direction::SendRecv);

/// The stack on its own thread, and the core's part played by the test.
class Daemon {
  public:
    static Config quick();  // 127.0.0.1, any port, 64·T1 = 1 s, agents 8001–8003 with pw-NUMBER, trunk "local" = 127.0.0.0/8
    explicit Daemon(const Config& config = quick());
    ~Daemon();

    Address address(std::size_t listener = 0) const { return bound_[listener]; }
    /// Runs on the control thread and waits for the end.
    template <class Job>
    auto run(Job job) {
        std::promise<decltype(job(*stack_))> promise;
        auto future = promise.get_future();
        loop_->post([&] {
            if constexpr (std::is_void_v<decltype(job(*stack_))>) {
                job(*stack_);
                promise.set_value();
            } else {
                promise.set_value(job(*stack_));
            }
        });
        return future.get();
    }
    template <class Event>
    std::optional<Event> next(Duration patience = kPatience) {
        std::unique_lock lock(mutex_);
        const auto find = [&] {
            return std::find_if(events_.begin(), events_.end(),
                                [](const call::Event& one) { return std::holds_alternative<Event>(one); });
        };
        if (!arrived_.wait_for(lock, patience, [&] { return find() != events_.end(); })) return std::nullopt;
        const auto it = find();
        Event event = std::get<Event>(std::move(*it));
        events_.erase(it);
        return event;
    }
    /// Fails the test when it does not come.
    template <class Event>
    Event expect(Duration patience = kPatience) {
        auto event = next<Event>(patience);
        EXPECT_TRUE(event.has_value()) << "no " << typeid(Event).name();
        return event.value_or(Event{});
    }
    /// How many events of a kind wait. Ask after a round trip, so that nothing is on its way.
    template <class Event>
    std::size_t count() {
        run([](Stack&) {});
        run([](Stack&) {});
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(events_.begin(), events_.end(),
                                                      [](const call::Event& one) { return std::holds_alternative<Event>(one); }));
    }

    StackCensus census() {
        return run([](Stack& stack) { return stack.census(); });
    }
    /// Until no session and no handle is left; fails the test when some stay.
    void expect_at_rest();
    std::int64_t counter(const std::string& name);

    void ring(call::LegId leg);
    void early(call::LegId leg, const call::LocalAudio& said);
    void answer(call::LegId leg, const call::LocalAudio& said = our_audio());
    void refuse(call::LegId leg, int status, const std::string& phrase = "", int retry_after_s = 0);
    void hangup(call::LegId leg);
    void answer_offer(call::LegId leg, const call::LocalAudio& said = our_audio());
    void refuse_offer(call::LegId leg, int status);
    void offer(call::LegId leg, const call::LocalAudio& audio);
    call::LegId dial(const std::string& agent, std::vector<std::pair<std::string, std::string>> headers = {},
                     const std::string& caller = "13800138000", const std::string& caller_name = "Li");
    call::LegId dial_out(const std::string& trunk, const std::string& number = "13900001234", const std::string& shown = "95000",
                         Duration silence = 8s);
    Metrics& metrics() { return metrics_; }
    Loop& loop() { return *loop_; }

  private:
    Metrics metrics_;
    IdSource<call::LegId> leg_ids_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<call::Event> events_;
    std::vector<Address> bound_;
    Loop* loop_ = nullptr;
    Stack* stack_ = nullptr;
    std::thread thread_;
};

/// A daemon of the quick kind, and after each test the proof that nothing is left behind.
class SipTest : public testing::Test {
  protected:
    Daemon& daemon() {
        if (!daemon_) daemon_ = std::make_unique<Daemon>(config);
        return *daemon_;
    }
    void TearDown() override {
        if (daemon_) daemon_->expect_at_rest();
    }

    /// A caller from the trunk, up to the core's InviteArrived.
    call::InviteArrived arrive(Side& caller, const std::string& body = sdp(), const Extra& extra = {});
    /// … and answered and confirmed.
    call::LegId establish(Side& caller, const std::string& body = sdp(), const Extra& extra = {});
    /// Registers a phone and swallows AgentContacts.
    Message enrol(Peer& phone, const std::string& agent, const std::string& contact = "", int expires_s = 300);
    /// Ends a call by the caller's BYE.
    void finish(Side& caller, call::LegId leg);

    Config config = Daemon::quick();

  private:
    std::unique_ptr<Daemon> daemon_;
};

}  // namespace hotline::sip::test
