// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lockdown/maintenance/linux_maintenance.h"
#include "tests/lockdown/maintenance/device.h"

namespace bf::lockdown::maintenance {
namespace {

using ::testing::HasSubstr;

class MaintenanceTest : public ::testing::Test {
 protected:
  Signer signer_{1};
  Device device_;
  Policy signed_ = PolicyOf(lockdown::Window::kSigned, signer_);
  Policy root_ = PolicyOf(lockdown::Window::kRoot, signer_);

  Now NowHere() const { return ReadNow(device_.tree.path()); }
  Token SignedToken(std::int64_t number = 7) const {
    return signer_.Signed({kMachineId, number, 60'000, "", ""});
  }
  Token RootToken(std::int64_t number = 7) const {
    return {kMachineId, number, 60'000, kBootId, ""};
  }
  void Put(const Token& token) {
    const auto done = WriteToken(device_.machine, ToText(token));
    ASSERT_TRUE(done.has_value()) << done.error().ToString();
  }
  std::string Refused(const Policy& policy) {
    const auto started = StartWindow(device_.machine, policy, NowHere());
    return started ? "started" : started.error().ToString();
  }
  bool IsOpen(const Policy& policy) const {
    const auto situation = ReadSituation(device_.tree.path(), policy);
    return situation && situation->maintenance;
  }
};

TEST_F(MaintenanceTest, ClosedUntilATokenIsUsedAndAgainAfterItsEnd) {
  EXPECT_FALSE(IsOpen(signed_));
  Put(SignedToken());
  EXPECT_FALSE(IsOpen(signed_)) << "a token is not a window";
  ASSERT_EQ(Refused(signed_), "started");
  EXPECT_TRUE(IsOpen(signed_));
  ASSERT_TRUE(EndWindow(device_.machine).has_value());
  EXPECT_FALSE(IsOpen(signed_));
  EXPECT_FALSE(std::filesystem::exists(device_.Data("control/maintenance")));
  EXPECT_TRUE(EndWindow(device_.machine).has_value()) << "twice is well";
}

TEST_F(MaintenanceTest, TheWindowIsOverWhenItsTimeIs) {
  Put(SignedToken());
  Now now = NowHere();
  ASSERT_GT(now.boottime_ms, 0);
  ASSERT_TRUE(StartWindow(device_.machine, signed_, now).has_value());
  const Found window = ReadWindow(device_.tree.path());
  now.boottime_ms += 59'999;
  EXPECT_TRUE(MaintenanceNow(signed_, window, now).open);
  now.boottime_ms += 1;
  EXPECT_FALSE(MaintenanceNow(signed_, window, now).open);
}

TEST_F(MaintenanceTest, ReadSituationCountsBoottimeItself) {
  Put(SignedToken());
  Now past = NowHere();
  past.boottime_ms -= 60'000;  // opened so long ago that it ends now
  ASSERT_TRUE(StartWindow(device_.machine, signed_, past).has_value());
  EXPECT_FALSE(IsOpen(signed_));
  EXPECT_THAT(WaitForEnd(device_.tree.path(), signed_).why, HasSubstr("over"));
}

TEST_F(MaintenanceTest, AUsedTokenOpensNothingInThisBootOrTheNext) {
  Put(SignedToken());
  ASSERT_EQ(Refused(signed_), "started");
  ASSERT_TRUE(EndWindow(device_.machine).has_value());
  Put(SignedToken());
  EXPECT_THAT(Refused(signed_), HasSubstr("used before"));
  device_.Boot(kNextBootId);
  EXPECT_THAT(Refused(signed_), HasSubstr("used before"));
  Put(SignedToken(6));
  EXPECT_THAT(Refused(signed_), HasSubstr("used before"));
  Put(SignedToken(8));
  EXPECT_EQ(Refused(signed_), "started");
}

TEST_F(MaintenanceTest, AWindowDoesNotOutliveItsBoot) {
  Put(SignedToken());
  ASSERT_EQ(Refused(signed_), "started");
  const std::string window = device_.tree.Read("run/betterframe/maintenance");
  device_.Boot(kNextBootId);
  EXPECT_FALSE(IsOpen(signed_));
  device_.tree.Write("run/betterframe/maintenance", window);  // even if /run were kept
  EXPECT_FALSE(IsOpen(signed_));
}

TEST_F(MaintenanceTest, ATokenOfRootIsForItsBoot) {
  Put(RootToken());
  device_.Boot(kNextBootId);
  EXPECT_THAT(Refused(root_), HasSubstr("another boot"));
  device_.Boot(kBootId);
  EXPECT_EQ(Refused(root_), "started");
  EXPECT_TRUE(IsOpen(root_));
  EXPECT_FALSE(IsOpen(signed_)) << "not opened as this policy asks";
}

TEST_F(MaintenanceTest, TheSignatureMustBeOverThisTokenByThisKey) {
  const Token good = SignedToken();
  for (int field = 0; field < 3; ++field) {
    Token token = good;
    if (field == 0) token.number += 1;
    if (field == 1) token.for_ms += 1;
    if (field == 2) token.boot = kBootId;
    Put(token);
    EXPECT_THAT(Refused(signed_), HasSubstr("not by the key")) << field;
  }
  Put(Signer(2).Signed({kMachineId, 7, 60'000, "", ""}));
  EXPECT_THAT(Refused(signed_), HasSubstr("not by the key"));
  Put(signer_.Signed({std::string(32, 'b'), 7, 60'000, "", ""}));
  EXPECT_THAT(Refused(signed_), HasSubstr("another device"));
  EXPECT_FALSE(IsOpen(signed_));
  EXPECT_FALSE(std::filesystem::exists(device_.Data("control/maintenance-used")))
      << "what is refused uses up nothing";
  Put(good);
  EXPECT_EQ(Refused(signed_), "started");
}

TEST_F(MaintenanceTest, WithoutTheVerifierNothingOpens) {
  device_.machine.verify = [](const auto&, const auto&, const auto&) -> Result<bool> {
    return Fail("no such program");
  };
  Put(SignedToken());
  EXPECT_THAT(Refused(signed_), HasSubstr("could not be checked"));
}

TEST_F(MaintenanceTest, OnDataThatForgetsOnlyRootMayOpen) {
  device_.Mount("tmpfs");
  Put(SignedToken());
  EXPECT_THAT(Refused(signed_), HasSubstr("forgets"));
  Put(RootToken());
  EXPECT_EQ(Refused(root_), "started");
}

struct Cut {};

// The power goes before each durable change of opening and of closing, in turn.
TEST_F(MaintenanceTest, APowerCutLeavesNoWindowAndNoTokenTwice) {
  for (const char* phase : {"make control", "write the token", "record the token as used",
                            "open the window", "close the window", "remove the token"}) {
    Device device;
    const Checkpoint cut = [&](std::string_view at) {
      if (at == phase) throw Cut{};
    };
    bool was_cut = false;
    try {
      ASSERT_TRUE(WriteToken(device.machine, ToText(SignedToken()), cut).has_value());
      ASSERT_TRUE(
          StartWindow(device.machine, signed_, ReadNow(device.tree.path()), cut).has_value());
      ASSERT_TRUE(EndWindow(device.machine, cut).has_value());
    } catch (const Cut&) {
      was_cut = true;
    }
    ASSERT_TRUE(was_cut) << phase;
    device.Boot(kNextBootId);
    const auto closed = ReadSituation(device.tree.path(), signed_);
    EXPECT_TRUE(closed.has_value() && !closed->maintenance) << phase;
    // Once the record was written the token is spent; before that, it is as it was.
    const bool spent = std::filesystem::exists(device.Data("control/maintenance-used"));
    const bool there = std::filesystem::exists(device.Data("control/maintenance"));
    const auto again = StartWindow(device.machine, signed_, ReadNow(device.tree.path()));
    EXPECT_EQ(again.has_value(), there && !spent) << phase;
    EXPECT_EQ(spent, std::string_view(phase) != "make control" &&
                         std::string_view(phase) != "write the token" &&
                         std::string_view(phase) != "record the token as used")
        << phase;
  }
}

TEST_F(MaintenanceTest, RootsTokenThatWasCutOffDoesNotOpenTheNextBoot) {
  Put(RootToken());
  device_.Boot(kNextBootId);
  EXPECT_THAT(Refused(root_), HasSubstr("another boot"));
}

TEST_F(MaintenanceTest, HostileFilesInPlaceOfTheToken) {
  const std::string token = device_.Data("control/maintenance");
  const auto fresh = [&] { std::filesystem::remove_all(token); };
  device_.tree.Write("outside", ToText(SignedToken()));

  std::filesystem::create_symlink(device_.tree / "outside", token);
  EXPECT_THAT(Refused(signed_), HasSubstr("symlink"));
  fresh();
  std::filesystem::create_hard_link(device_.tree / "outside", token);
  EXPECT_THAT(Refused(signed_), HasSubstr("more than one name"));
  fresh();
  std::filesystem::create_directory(token);
  EXPECT_THAT(Refused(signed_), HasSubstr("not a regular file"));
  fresh();
  ASSERT_EQ(::mkfifo(token.c_str(), 0600), 0);
  EXPECT_THAT(Refused(signed_), HasSubstr("not a regular file"));
  fresh();
  Put(SignedToken());
  ASSERT_EQ(::chmod(token.c_str(), 0620), 0);
  EXPECT_THAT(Refused(signed_), HasSubstr("others than root"));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chmod(token.c_str(), 0600), 0);
    ASSERT_EQ(::chown(token.c_str(), 1000, 0), 0);
    EXPECT_THAT(Refused(signed_), HasSubstr("belong to root"));
  }
  fresh();
  device_.tree.Write("var/lib/betterframe/control/maintenance", std::string(1 << 20, 'x'));
  EXPECT_THAT(Refused(signed_), HasSubstr("the token:"));
  fresh();
  Put(SignedToken());
  ASSERT_EQ(::chmod(device_.Data("control").c_str(), 0777), 0);
  EXPECT_THAT(Refused(signed_), HasSubstr("write to control"));
  std::filesystem::rename(device_.Data("control"), device_.tree / "elsewhere");
  ASSERT_EQ(::chmod((device_.tree / "elsewhere").c_str(), 0700), 0);
  std::filesystem::create_symlink(device_.tree / "elsewhere", device_.Data("control"));
  EXPECT_THAT(Refused(signed_), HasSubstr("control is not a directory"));
  EXPECT_FALSE(IsOpen(signed_));
}

TEST_F(MaintenanceTest, AHostileRecordOfUsedTokensOpensNothing) {
  Put(SignedToken());
  const std::string used = device_.Data("control/maintenance-used");
  for (const char* text : {"", "garbage", "betterframe maintenance used 1\nnumber 00\n"}) {
    device_.tree.Write("var/lib/betterframe/control/maintenance-used", text);
    EXPECT_THAT(Refused(signed_), HasSubstr("is not known")) << text;
  }
  std::filesystem::remove(used);
  std::filesystem::create_symlink("/dev/null", used);
  EXPECT_THAT(Refused(signed_), HasSubstr("is not known"));
}

TEST_F(MaintenanceTest, AWindowThatIsNotRootsIsNone) {
  Put(SignedToken());
  ASSERT_EQ(Refused(signed_), "started");
  const std::string window = device_.tree / "run/betterframe/maintenance";
  ASSERT_EQ(::chmod(window.c_str(), 0666), 0);
  const auto situation = ReadSituation(device_.tree.path(), signed_);
  ASSERT_FALSE(situation.has_value());
  EXPECT_THAT(situation.error().ToString(), HasSubstr("others than root"));
  std::filesystem::rename(window, device_.tree / "moved");
  ASSERT_EQ(::chmod((device_.tree / "moved").c_str(), 0644), 0);
  std::filesystem::create_symlink(device_.tree / "moved", window);
  EXPECT_FALSE(IsOpen(signed_));
}

// RFC 8032, 7.1, test 2.
TEST(VerifyEd25519, KnownAnswer) {
  const std::string key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
  const std::string signature =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  EXPECT_EQ(Verify(key, signature, "\x72"), true);
  EXPECT_EQ(Verify(key, signature, "\x73"), false);
  EXPECT_EQ(Verify(key, signature, ""), false);
  EXPECT_EQ(Verify(key.substr(1), signature, "\x72"), std::nullopt);
  EXPECT_EQ(Verify(key, "zz" + signature.substr(2), "\x72"), std::nullopt);
  EXPECT_EQ(Verify(key, "", "\x72"), std::nullopt);
}

}  // namespace
}  // namespace bf::lockdown::maintenance
