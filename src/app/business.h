// The business thread: one io_context with the store, HTTP, and DIR/control.sock. It looks after the control thread's pulse.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "app/control_socket.h"
#include "app/heartbeat.h"
#include "app/inbox.h"
#include "app/site_config.h"

namespace hotline::app {

/// What the business side asks of the control side.
struct ControlSide {
    std::function<bool(std::function<void()>)> post;                     // runs a job on the control thread
    std::function<void(ControlServer::Answer)> status;                   // on the control thread
    std::function<void()> stop;                                          // on the control thread
    std::function<void(std::function<void(bool, std::string)>)> reload;  // from any thread
};

class Business {
  public:
    /// The watchdog is fed, and /healthz says ok, only while both loops answer within this.
    static constexpr Duration kAlive = 5s;

    /// Opens the sockets (CannotStart when a port is taken); nothing runs before run().
    Business(const SiteConfig& config, const std::string& data_dir, store::FactJournal& journal, Inbox& inbox, Metrics& metrics);
    ~Business();
    Business(const Business&) = delete;

    void run(ControlSide control);  // starts the thread
    Address http() const;
    store::Store& store();
    call::Inquiries& inquiries();

    /// On the control thread, once a second: its pulse, and what it has seen.
    void control_beats(Time now, std::size_t calls, double journal_filled, bool stopping);
    /// Is this thread alive? Asked by the control thread.
    bool alive(Time now) const;

    /// Writes what is left to the database, `limit` at the most and only while it is connected, then ends the thread.
    void stop(Duration limit);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace hotline::app
