// SPDX-License-Identifier: Apache-2.0
// Anybody can listen at a path that is called wayland-1. `check` asks them with a program that has
// no rights, and whatever they answer, it gets an end.
#include <grp.h>

#include "core/host/spawn.h"
#include "lockdown/check/linux_compositors.h"
#include "tests/lockdown/wayland/listener.h"
#include "tests/support/temp_tree.h"

namespace bf::lockdown::wayland {
namespace {

using check::Compositor;
using check::Seen;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Clock = std::chrono::steady_clock;

const std::string kSocket = "/run/wayland-0";

class Listeners : public testing::Test {
 protected:
  Listeners() { std::filesystem::create_directories(tree_ / "run"); }

  void Listed(const std::string& path) { lines_ += Line(path); }

  Seen<Compositor> Ask() {
    tree_.Write("proc/self/net/unix", "Num       RefCount Protocol Flags    Type St Inode Path\n" +
                                          std::exchange(lines_, {}));
    return check::ReadCompositors(tree_.path(), BF_GLOBALS);
  }
  // What one listener makes of its row.
  Compositor Answered(const std::function<void(int)>& answer) {
    const Listener listener(tree_.path() + kSocket, answer);
    Listed(kSocket);
    const auto begin = Clock::now();
    auto seen = Ask();
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(4));
    EXPECT_EQ(seen.problem, "");
    if (seen.items.size() != 1) throw std::runtime_error("not one");
    EXPECT_EQ(seen.items.front().socket, kSocket);
    return seen.items.front();
  }

  testing_support::TempTree tree_;

 private:
  static std::string Line(const std::string& path) {
    return "0000000011111111: 00000002 00000000 00010000 0001 01 101 " + path + "\n";
  }
  std::string lines_;
};

TEST_F(Listeners, ACompositorIsAskedForWhatItOffers) {
  const auto one = Answered([](int client) {
    Send(client, Global("wl_seat") + Global("zwp_virtual_keyboard_manager_v1") + Done());
    WaitForEnd(client);
  });
  EXPECT_EQ(one.problem, "");
  EXPECT_THAT(one.globals, ElementsAre("wl_seat", "zwp_virtual_keyboard_manager_v1"));
}

TEST_F(Listeners, WhoeverReadsTheAnswerHasNoRights) {
  ASSERT_EQ(::geteuid(), 0U) << "this test is about what becomes of root";
  const gid_t more = 1234;
  ASSERT_EQ(::setgroups(1, &more), 0);
  std::string status;
  Answered([&](int client) {
    ucred peer{};
    socklen_t size = sizeof peer;
    ::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    std::ostringstream text;
    text << std::ifstream(fmt::format("/proc/{}/status", peer.pid)).rdbuf();
    status = text.str();
    Send(client, Done());
    WaitForEnd(client);
  });
  EXPECT_THAT(status, HasSubstr("\nUid:\t65534\t65534\t65534\t65534\n"));
  EXPECT_THAT(status, HasSubstr("\nGid:\t65534\t65534\t65534\t65534\n"));
  EXPECT_THAT(status, testing::ContainsRegex("\nGroups:\t *\n"));
  EXPECT_THAT(status, HasSubstr("\nCapPrm:\t0000000000000000\n"));
  EXPECT_THAT(status, HasSubstr("\nNoNewPrivs:\t1\n"));
}

TEST_F(Listeners, OneThatNeverAnswersIsNotWaitedFor) {
  EXPECT_EQ(Answered([](int client) { WaitForEnd(client); }).problem, "it does not answer");
}

TEST_F(Listeners, OneThatAnswersWithoutEndIsNotListenedTo) {
  const auto one = Answered([](int client) {
    while (Send(client, Global("wl_seat"))) {
    }
  });
  EXPECT_EQ(one.problem, "it does not answer");
  EXPECT_THAT(one.globals, IsEmpty());
}

TEST_F(Listeners, OneThatClosesHasSaidNothing) {
  EXPECT_THAT(Answered([](int client) { Send(client, Global("wl_seat")); }).problem,
              HasSubstr("it does not speak Wayland"));
}

TEST_F(Listeners, RubbishIsNoAnswer) {
  for (const std::string& rubbish :
       {std::string(4096, '\xff'), std::string(4096, '\0'), std::string("HTTP/1.1 200 OK\r\n\r\n"),
        // A string that is longer than its message, and an error.
        Event(2, 0, Word(1) + Word(4000) + "wl_seat"),
        Event(1, 0, Word(1) + Word(0) + Text("no"))}) {
    const auto one = Answered([&](int client) { Send(client, rubbish + Done()); });
    EXPECT_THAT(one.problem, HasSubstr("it does not speak Wayland")) << rubbish.substr(0, 20);
  }
}

TEST_F(Listeners, NamesAreNames) {
  for (const std::string& name :
       {std::string("a\nb"), std::string("\x1b[31m"), std::string(), std::string(101, 'a')})
    EXPECT_EQ(Answered([&](int client) {
                Send(client, Global(name) + Done());
                WaitForEnd(client);
              }).problem,
              "it offers something whose name is none");
}

TEST_F(Listeners, ThereAreOnlySoManyThingsToOffer) {
  EXPECT_EQ(Answered([](int client) {
              for (int i = 0; i < 1001; ++i) Send(client, Global("wl_seat"));
              Send(client, Done());
              WaitForEnd(client);
            }).problem,
            "it offers more than 1000 things");
}

TEST_F(Listeners, AllOfThemHaveOneDeadline) {
  std::vector<std::unique_ptr<Listener>> hang;
  for (int i = 0; i < 4; ++i) {
    const std::string path = fmt::format("/run/wayland-{}", i);
    hang.push_back(std::make_unique<Listener>(tree_.path() + path, WaitForEnd));
    Listed(path);
  }
  const auto begin = Clock::now();
  const auto seen = Ask();
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(7));
  EXPECT_EQ(seen.problem, "4 listen, and there was no time for all of them");
  EXPECT_EQ(seen.items.size(), 3U);
}

TEST_F(Listeners, OnlySoManyAreAsked) {
  for (int i = 0; i < 17; ++i) Listed(fmt::format("/run/wayland-{}", i));
  const auto seen = Ask();
  EXPECT_EQ(seen.problem, "17 listen, and no more than 16 are asked");
  EXPECT_EQ(seen.items.size(), 16U);
}

TEST(Usage, IsSaid) {
  for (const auto& [words, code] : {std::pair{std::vector<std::string>{"--help"}, 0},
                                    {std::vector<std::string>{}, 64},
                                    {std::vector<std::string>{"a", "b"}, 64}}) {
    std::vector<std::string> command = words;
    command.insert(command.begin(), BF_GLOBALS);
    const auto done = host::Run({command, std::chrono::seconds(20), {}, {}, 4096});
    ASSERT_TRUE(done) << done.error().ToString();
    EXPECT_EQ(done->exit_code, code);
    EXPECT_THAT(done->output, HasSubstr("Usage: bf-wayland-globals SOCKET"));
  }
}

TEST_F(Listeners, OneThatCannotBeReachedSaysWhy) {
  Listed(kSocket);  // its file is in another mount namespace, or gone
  EXPECT_THAT(Ask().items.at(0).problem, HasSubstr("No such file or directory"));
  tree_.Write("run/wayland-0", "");
  Listed(kSocket);
  EXPECT_THAT(Ask().items.at(0).problem, HasSubstr("is no socket"));
}

// The kernel has the names as they were bound, and whoever may write to the directory can put
// another socket, a harmless one, where this one was.
TEST_F(Listeners, OneThatWasPutInItsPlaceIsNotAsked) {
  const auto harmless = [](int client) {
    Send(client, Done());
    WaitForEnd(client);
  };
  const Listener real(tree_ / "run/wayland-0", harmless);
  const Listener other(tree_ / "run/x", harmless);
  std::filesystem::rename(tree_ / "run/wayland-0", tree_ / "run/real");
  std::filesystem::rename(tree_ / "run/x", tree_ / "run/wayland-0");
  Listed(kSocket);
  EXPECT_THAT(Ask().items.at(0).problem, HasSubstr("another socket was put in its place"));
}

TEST_F(Listeners, ASymlinkIsNotFollowed) {
  const Listener listener(tree_ / "run/private", [](int client) { Send(client, Done()); });
  tree_.Link("run/wayland-0", "private");
  Listed(kSocket);
  EXPECT_THAT(Ask().items.at(0).problem, HasSubstr("is no socket"));
}

TEST_F(Listeners, TwoAtOnePathAreOneThatWasNotAsked) {
  Listed(kSocket);
  EXPECT_EQ(Answered([](int client) {
              Send(client, Done());
              WaitForEnd(client);
            }).problem,
            "more than one listen there");
}

TEST(Asking, AProgramThatIsNotThereIsAProblem) {
  const testing_support::TempTree tree;
  tree.Write("proc/self/net/unix",
             "Num       RefCount Protocol Flags    Type St Inode Path\n"
             "0000000011111111: 00000002 00000000 00010000 0001 01 101 /run/wayland-0\n");
  const auto seen = check::ReadCompositors(tree.path(), "/nonexistent");
  EXPECT_THAT(seen.items.at(0).problem, HasSubstr("/nonexistent"));
}

}  // namespace
}  // namespace bf::lockdown::wayland
