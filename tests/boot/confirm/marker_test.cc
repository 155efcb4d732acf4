// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <thread>

#include "boot/confirm/linux_marker.h"
#include "tests/support/temp_tree.h"

namespace bf::boot::confirm {
namespace {

namespace fs = std::filesystem;

class Marker : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_ / "run");
    auto watch = MarkerWatch::Open(root_.string());
    ASSERT_TRUE(watch) << watch.error().ToString();
    watch_.emplace(std::move(*watch));
    path_ = root_ / "run/betterframe/kiosk-healthy";
  }
  void Make() { std::ofstream(path_).flush(); }

  testing_support::TempTree tree_;
  fs::path root_{tree_.path()}, path_;
  std::optional<MarkerWatch> watch_;
};

TEST_F(Marker, AWaitEndsWhenItComes) {
  EXPECT_EQ(watch_->Since(), std::nullopt);
  std::thread kiosk([&] { Make(); });
  ASSERT_TRUE(watch_->Wait(std::nullopt));  // hangs, and ctest ends it, if the event is missed
  kiosk.join();
  EXPECT_TRUE(watch_->Since().has_value());
}

TEST_F(Marker, AWaitEndsAtItsTime) {
  const std::int64_t until = Uptime() + 20;
  ASSERT_TRUE(watch_->Wait(until));
  EXPECT_GE(Uptime(), until);
}

TEST_F(Marker, OneThatWasGoneForAMomentBeginsAnew) {
  Make();
  ASSERT_TRUE(watch_->Wait(Uptime()));
  const auto first = watch_->Since();
  ASSERT_TRUE(first);
  EXPECT_EQ(watch_->Since(), first);
  ASSERT_TRUE(watch_->Wait(Uptime() + 5));
  fs::remove(path_);
  Make();
  ASSERT_TRUE(watch_->Wait(Uptime()));
  EXPECT_GT(*watch_->Since(), *first);
}

TEST_F(Marker, ALinkOrADirectoryIsNone) {
  fs::create_symlink("/dev/null", path_);
  EXPECT_EQ(watch_->Since(), std::nullopt);
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_EQ(watch_->Since(), std::nullopt);
}

}  // namespace
}  // namespace bf::boot::confirm
