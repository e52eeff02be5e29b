#include "app/control_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <future>
#include <thread>

#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

class ControlSocket : public ::testing::Test {
  protected:
    void serve(ControlServer::Handler handler, const std::string& dir) {
        auto started = ControlServer::start(io_, dir, std::move(handler));
        ASSERT_TRUE(started) << started.error().text;
        server_ = std::move(*started);
        thread_ = std::thread([this] { io_.run(); });
    }
    void end_daemon() {
        if (!thread_.joinable()) return;
        boost::asio::post(io_, [this] {
            server_->stop();
            io_.stop();
        });
        thread_.join();
        server_.reset();
    }
    void TearDown() override {
        end_daemon();
        std::filesystem::remove_all(dir_);
    }

    /// As a daemon leaves it that was killed.
    void leave_dead_socket() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        (dir_ + "/control.sock").copy(address.sun_path, sizeof address.sun_path - 1);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ::close(fd);
    }

    static void echo(const ControlRequest& request, const ControlServer::Answer& answer) {
        answer({request.command != "fail", request.command + " " + request.argument});
    }

    const std::string dir_ = testing::make_scratch();
    std::optional<boost::asio::io_context> storage_{std::in_place, 1};
    boost::asio::io_context& io_ = *storage_;
    std::unique_ptr<ControlServer> server_;
    std::thread thread_;
};

TEST_F(ControlSocket, AsksAndIsAnswered) {
    serve(echo, dir_);
    const auto reply = ask_daemon(dir_, {"explain", "06V\n\"x\""}, 5s);
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_TRUE(reply->ok);
    EXPECT_EQ(reply->text, "explain 06V\n\"x\"");
    EXPECT_FALSE(ask_daemon(dir_, {"fail", ""}, 5s)->ok);
}

TEST_F(ControlSocket, AnAnswerMayComeFromAnotherThread) {
    std::thread late;
    serve([&](const ControlRequest&, ControlServer::Answer answer) { late = std::thread([answer] {
                                                                         answer({true, "late"});
                                                                     }); },
          dir_);
    const auto reply = ask_daemon(dir_, {"status", ""}, 5s);
    late.join();
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(reply->text, "late");
}

TEST_F(ControlSocket, IsForItsOwnUserAndGroupOnly) {
    serve(echo, dir_);
    struct stat found {};
    ASSERT_EQ(::stat((dir_ + "/control.sock").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777u, 0660u);
}

TEST_F(ControlSocket, NobodyThereIsSaidAtOnce) {
    const auto reply = ask_daemon(dir_, {"status", ""}, 5s);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, ErrorKind::Unavailable);
}

TEST_F(ControlSocket, ADeadSocketIsTakenOver) {
    leave_dead_socket();
    EXPECT_EQ(ask_daemon(dir_, {"status", ""}, 5s).error().kind, ErrorKind::Unavailable);
    serve(echo, dir_);
    const auto reply = ask_daemon(dir_, {"status", ""}, 5s);
    EXPECT_TRUE(reply) << reply.error().text;
}

TEST_F(ControlSocket, IsRemovedAtTheEnd) {
    serve(echo, dir_);
    end_daemon();
    EXPECT_FALSE(std::filesystem::exists(dir_ + "/control.sock"));
}

TEST_F(ControlSocket, AHandlerThatNeverAnswersDoesNotHoldTheClient) {
    serve([](const ControlRequest&, const ControlServer::Answer&) {}, dir_);
    const auto reply = ask_daemon(dir_, {"status", ""}, 200ms);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, ErrorKind::TimedOut);
}

TEST_F(ControlSocket, WaitsForTheDaemonsEnd) {
    std::promise<void> asked;
    serve(
        [&](const ControlRequest& request, const ControlServer::Answer& answer) {
            echo(request, answer);
            asked.set_value();
        },
        dir_);
    auto reply = std::async(std::launch::async, [&] { return ask_daemon(dir_, {"stop", ""}, 5s, 10s); });
    asked.get_future().wait();
    // The connection is held while the daemon lives …
    EXPECT_EQ(reply.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    end_daemon();
    storage_.reset();  // … and closed with it, as at the end of a process
    EXPECT_TRUE(reply.get());
}

TEST_F(ControlSocket, WhatFollowsComesAfterTheAnswer) {
    // The daemon ends in there: the client must have its answer by then.
    serve(
        [&](const ControlRequest&, const ControlServer::Answer& answer) {
            answer({true, "stopping", [&] { io_.stop(); }});
        },
        dir_);
    const auto reply = ask_daemon(dir_, {"stop", ""}, 5s);
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(reply->text, "stopping");
}

TEST_F(ControlSocket, ALongPathIsNoObstacle) {
    const std::string deep = dir_ + '/' + std::string(120, 'd');
    std::filesystem::create_directory(deep);
    serve(echo, deep);
    const auto reply = ask_daemon(deep, {"status", "x"}, 5s);
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(reply->text, "status x");
}

}  // namespace
}  // namespace hotline::app
