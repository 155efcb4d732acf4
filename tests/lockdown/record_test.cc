// SPDX-License-Identifier: Apache-2.0
#include "lockdown/device/record.h"

#include <nlohmann/json.hpp>

#include "lockdown/device/hex.h"

namespace bf::lockdown::device {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto read = ReadRecord(text, "r.json");
  return read ? "" : read.error().ToString();
}

TEST(Record, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorOf("x"), "r.json: this is not JSON");
  EXPECT_EQ(ErrorOf("[]"), "r.json: \"schema\" must be 1");
  EXPECT_EQ(ErrorOf(R"({"schema": 2})"), "r.json: \"schema\" must be 1");
  EXPECT_EQ(ErrorOf(R"({"schema": 1, "devices": []})"), "r.json: there is no device in it");
  EXPECT_EQ(ErrorOf(R"({"schema": 1, "devices": [7]})"),
            "r.json: recording.devices[0] must be an object");
  EXPECT_EQ(ErrorOf(R"({"schema": 1, "devices": [{"usb": {"vendor": "12345"}}]})"),
            "r.json: recording.devices[0].usb.vendor must be 4 hex digits");
  EXPECT_EQ(ErrorOf(R"({"schema": 1, "devices": [{"input": [{"capabilities": {"key": 1}}]}]})"),
            "r.json: recording.devices[0].input[0].capabilities.key must be a string");
  EXPECT_EQ(ErrorOf(R"({"schema": 1, "devices": [{"hid": [{"report_descriptor": "0"}]}]})"),
            "r.json: recording.devices[0].hid[0].report_descriptor must be hex digits");
}

TEST(Record, NamesThatAreNotUtf8StillPrint) {
  Device device;
  device.input.push_back({});
  device.input[0].device_name = "a\xff";
  const auto read = ReadRecord(ToText(ToJson(std::vector{device})), "r.json");
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->front().input[0].device_name, "a\xef\xbf\xbd");
}

TEST(Hex, ReadsWhatItWrites) {
  EXPECT_EQ(ToHex(std::string("\0\x7f\xff", 3)), "007fff");
  EXPECT_EQ(FromHex("007FfF"), std::string("\0\x7f\xff", 3));
  EXPECT_EQ(FromHex("0"), std::nullopt);
  EXPECT_EQ(FromHex("0g"), std::nullopt);
  EXPECT_EQ(ParseHex16("0eef"), 0x0eef);
  EXPECT_EQ(ParseHex16("0xef"), std::nullopt);
  EXPECT_EQ(ParseHex16("eef"), std::nullopt);
  EXPECT_EQ(ParseClassCode("03/01/02"), (ClassCode{3, 1, 2}));
  EXPECT_EQ(ParseClassCode("03-01-02"), std::nullopt);
  EXPECT_EQ(ToString(*ParseInputId("0003:0eef:0001:0111")), "0003:0eef:0001:0111");
  EXPECT_EQ(ParseInputId("0003:0eef:0001"), std::nullopt);
}

}  // namespace
}  // namespace bf::lockdown::device
