#include "app/serve.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "app/control.h"
#include "app/reloader.h"
#include "app/supervisor.h"
#include "hotline/base/log.h"

namespace hotline::app {
namespace {

constexpr Duration kWarmDeadline = 20s;  // the first start synthesises every prompt; later ones find them in DIR/speech
constexpr Duration kStoreDrain = 5s;
constexpr rlim_t kDescriptorsAtRest = 100;  // sockets, journal, database, epoll; some connections over TCP and HTTP
constexpr rlim_t kDescriptorsACall = 5;     // RTP and RTCP of two legs, the recording

void refuse_root() {
    if (::geteuid() == 0)
        throw CannotStart(ExitCode::IsRoot,
                          "serving as root is refused: a fault in a network program must not own the machine. Run it as an "
                          "unprivileged user (systemd: User=hotline).");
}

/// Stopping and reloading are read from a descriptor by the control loop; no thread is ever interrupted. A broken pipe is an error
/// of write().
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

/// As many as the system lets us have. Too few for the calls that the site allows are a warning: a call too many is refused then.
void raise_descriptor_limit(std::size_t max_calls) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t wanted = kDescriptorsAtRest + kDescriptorsACall * max_calls;
    if (limit.rlim_max >= wanted) return;
    const std::string text = "this process may open " + std::to_string(limit.rlim_max) + " files; " +
                             std::to_string(kDescriptorsAtRest) + " are needed at rest, and " + std::to_string(wanted) + " for " +
                             std::to_string(max_calls) +
                             " calls. Raise LimitNOFILE= (systemd) or ulimit -Hn, or lower limits.max_calls.";
    if (limit.rlim_max < kDescriptorsAtRest) throw CannotStart(ExitCode::NoResources, text);
    std::fprintf(stderr, "warning: %s\n", text.c_str());
}

void make_data_dir(const std::string& dir) {
    for (const auto& folder : {dir, dir + "/journal", dir + "/recordings", dir + "/speech"}) {
        if (::mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST)
            throw CannotStart(ExitCode::DataUnusable, folder + " cannot be made: " + std::strerror(errno) +
                                                          ". Choose another --data, or give this user rights there.");
        if (::access(folder.c_str(), W_OK | X_OK) != 0)
            throw CannotStart(ExitCode::DataUnusable,
                              folder + " cannot be written: " + std::strerror(errno) + ". Give it to the user who runs hotlined.");
    }
}

bool has_ipv6() {
    const int fd = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) ::close(fd);
    return fd >= 0 || errno != EAFNOSUPPORT;
}

/// "::" stands beside "0.0.0.0" by default; a kernel built or booted without IPv6 is no reason not to serve.
void leave_out_absent_ipv6(SiteConfig& config) {
    if (has_ipv6()) return;
    const auto of_v6 = [](const Address& address) { return address.ip.v6; };
    const auto left = std::count_if(config.sip.listen.begin(), config.sip.listen.end(), std::not_fn(of_v6));
    if (left == 0)
        throw CannotStart(ExitCode::PortTaken, "sip.listen has IPv6 addresses only, and this kernel has no IPv6. Add \"0.0.0.0\".");
    if (std::erase_if(config.sip.listen, of_v6) > 0) std::fputs("warning: this kernel has no IPv6; serving IPv4 only\n", stderr);
    std::erase_if(config.media.addresses, [](const IpAddress& ip) { return ip.v6; });
}

SiteConfig load_or_throw(const Options& options, Problems& problems) {
    auto config = load_site(options.site, options.settings, problems);
    if (problems.has_errors())
        throw CannotStart(ExitCode::BadConfig, "the site " + options.site + " has mistakes:\n" + problems.to_text() +
                                                   "Correct them; `hotlined check` shows them, too.");
    leave_out_absent_ipv6(config);
    config.place_in(options.data);
    config.store.conninfo = config.tables.conninfo = options.db;
    return config;
}

/// An address that one can type: a socket bound to "any" is reached by loopback.
std::string printable(Address address) {
    if (address.ip.is_any()) address.ip = *IpAddress::parse(address.ip.v6 ? "::1" : "127.0.0.1");
    return to_text(address);
}

class Daemon {
  public:
    Daemon(const Options& options, const SiteConfig& config, const sigset_t& signals)
        : options_(options),
          inbox_(metrics_),
          journal_(or_throw(store::FactJournal::open(config.journal, metrics_), ExitCode::DataUnusable)),
          prompts_(or_throw(media::PromptLibrary::start(config.prompts, sink(), metrics_), ExitCode::NoResources)),
          media_(or_throw(media::Engine::start(config.media, sink(), metrics_), ExitCode::NoResources)),
          business_(config, options.data, *journal_, inbox_, metrics_),
          control_(config, {*media_, *prompts_, *journal_, business_, inbox_, metrics_}, signals, options.drain,
                   [this] { reloader_.start_or_follow(); }),
          reloader_(options.site, options.settings, config, *prompts_,
                    [this](std::shared_ptr<const SiteConfig> wanted) { return apply(std::move(wanted)); }) {}

    void run(const SiteConfig& config) {
        if (const auto failed = prompts_->warm(config.all_prompts, kWarmDeadline); failed > 0)
            log::error("prompts.missing",
                       {{"count", failed}, {"cure", "callers hear nothing there: look at speech.commands and record the prompts"}});
        business_.run(control_side());
        say_ready();
        control_.run();
        business_.stop(kStoreDrain);
    }

  private:
    std::function<void(call::Event)> sink() {
        return [this](call::Event event) { inbox_.post(std::move(event)); };
    }

    ControlSide control_side() {
        ControlSide side;
        side.post = [this](std::function<void()> job) { return control_.post(std::move(job)); };
        side.status = [this](const ControlServer::Answer& answer) { answer({true, control_.status()}); };
        side.stop = [this] { control_.stop("hotlined stop"); };
        side.reload = [this](std::function<void(bool, std::string)> done) {
            reloader_.start([done = std::move(done)](Reloader::Report report) { done(report.applied, std::move(report.text)); });
        };
        return side;
    }

    bool apply(std::shared_ptr<const SiteConfig> wanted) {
        return control_.post([this, wanted = std::move(wanted)] { control_.apply(*wanted); });
    }

    void say_ready() {
        const std::string line =
            "sip=" + printable(control_.sip().front()) + " http=" + printable(business_.http()) + " data=" + options_.data;
        std::printf("hotline: ready %s\n", line.c_str());
        std::fflush(stdout);
        log::info("ready", {{"version", HOTLINE_VERSION}, {"where", line}});
        notify_ready(line);
    }

    const Options& options_;
    Metrics metrics_;
    Inbox inbox_;
    // In the order of the arrows: what stands further down uses what stands above, and ends first.
    std::unique_ptr<store::FactJournal> journal_;
    std::unique_ptr<media::PromptLibrary> prompts_;
    std::unique_ptr<media::Engine> media_;
    Business business_;
    Control control_;
    Reloader reloader_;
};

}  // namespace

ExitCode serve(const Options& options) {
    refuse_root();
    ::umask(0027);
    Problems problems;
    const SiteConfig config = load_or_throw(options, problems);
    raise_descriptor_limit(config.site->max_calls);
    make_data_dir(options.data);
    const sigset_t signals = block_signals();  // before the first thread: all inherit it
    log::start(config.log.level, config.log.format);
    problems.tell_log();
    Daemon(options, config, signals).run(config);
    log::info("stopped");
    return ExitCode::Ok;
}

}  // namespace hotline::app
