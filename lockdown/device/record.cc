// SPDX-License-Identifier: Apache-2.0
#include "lockdown/device/record.h"

#include <nlohmann/json.hpp>

#include "lockdown/device/hex.h"

namespace bf::lockdown::device {
namespace {

constexpr std::size_t kMostDevices = 1024;
constexpr std::size_t kMostParts = 256;  // interfaces, HID devices or input nodes of one device

// Typed reading of one object; the first thing that is wrong ends the reading of the file.
class Object {
 public:
  Object(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json_.is_object()) problem_ = fmt::format("{} must be an object", where_);
  }

  std::string String(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    return Wrong(key, "a string");
  }

  template <class T>
  T Parsed(const char* key, std::optional<T> (*parse)(std::string_view), std::string_view wanted) {
    const Json* value = Find(key);
    if (value == nullptr) return {};
    if (value->is_string()) {
      if (auto parsed = parse(value->get_ref<const std::string&>())) return *parsed;
    }
    Wrong(key, wanted);
    return {};
  }

  std::uint16_t Id(const char* key) {
    return Parsed<std::uint16_t>(key, ParseHex16, "4 hex digits");
  }
  std::string Bytes(const char* key) { return Parsed<std::string>(key, FromHex, "hex digits"); }

  std::optional<bool> Flag(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_boolean()) return value->get<bool>();
    Wrong(key, "true or false");
    return std::nullopt;
  }

  std::uint8_t Byte(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr) return 0;
    if (value->is_number_unsigned() && value->get<std::uint64_t>() <= 255)
      return static_cast<std::uint8_t>(value->get<std::uint64_t>());
    Wrong(key, "a number from 0 to 255");
    return 0;
  }

  // The elements of an array with where each is, at most `most` of them.
  std::vector<std::pair<const Json*, std::string>> List(const char* key, std::size_t most) {
    std::vector<std::pair<const Json*, std::string>> list;
    const Json* value = Find(key);
    if (value == nullptr) return list;
    if (!value->is_array() || value->size() > most) {
      Wrong(key, fmt::format("an array of at most {}", most));
      return list;
    }
    for (std::size_t i = 0; i < value->size(); ++i)
      list.emplace_back(&(*value)[i], fmt::format("{}.{}[{}]", where_, key, i));
    return list;
  }

  const Json* Find(const char* key) const {
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  std::string Wrong(const char* key, std::string_view wanted) {
    if (problem_.empty()) problem_ = fmt::format("{}.{} must be {}", where_, key, wanted);
    return {};
  }
  const std::string& where() const { return where_; }
  const std::string& problem() const { return problem_; }
  void Take(const Object& inner) {
    if (problem_.empty()) problem_ = inner.problem_;
  }

 private:
  const Json& json_;
  std::string where_;
  std::string problem_;
};

UsbInterface ReadInterface(Object& json) {
  return {json.String("name"), json.Byte("number"),
          json.Parsed<ClassCode>("class", ParseClassCode, "\"cc/ss/pp\" in hex"),
          json.Flag("authorized"), json.String("driver")};
}

UsbDevice ReadUsb(Object& json) {
  UsbDevice usb;
  usb.name = json.String("name");
  usb.path = json.String("path");
  usb.vendor = json.Id("vendor");
  usb.product = json.Id("product");
  usb.version = json.Id("version");
  usb.code = json.Parsed<ClassCode>("class", ParseClassCode, "\"cc/ss/pp\" in hex");
  usb.manufacturer = json.String("manufacturer");
  usb.product_name = json.String("device_name");
  usb.serial = json.String("serial");
  usb.descriptors = json.Bytes("descriptors");
  usb.authorized = json.Flag("authorized");
  for (const auto& [element, where] : json.List("interfaces", kMostParts)) {
    Object object(*element, where);
    usb.interfaces.push_back(ReadInterface(object));
    json.Take(object);
  }
  return usb;
}

HidDevice ReadHid(Object& json) {
  return {json.String("name"),   json.String("path"),
          json.Id("bus"),        json.Id("vendor"),
          json.Id("product"),    json.String("device_name"),
          json.String("phys"),   json.String("uniq"),
          json.String("driver"), json.Bytes("report_descriptor")};
}

InputNode ReadInput(Object& json) {
  InputNode input;
  input.name = json.String("name");
  input.path = json.String("path");
  input.id = json.Parsed<InputId>("id", ParseInputId, "\"bus:vendor:product:version\" in hex");
  input.device_name = json.String("device_name");
  input.phys = json.String("phys");
  input.uniq = json.String("uniq");
  if (const Json* words = json.Find("capabilities")) {
    Object object(*words, json.where() + ".capabilities");
    for (const auto& [name, field] : kCapabilityFields)
      input.capabilities.*field = object.String(std::string(name).c_str());
    json.Take(object);
  }
  input.inhibited = json.Flag("inhibited");
  for (const auto& [element, where] : json.List("handlers", kMostParts)) {
    if (element->is_string())
      input.handlers.push_back(element->get<std::string>());
    else
      json.Wrong("handlers", "strings");
  }
  return input;
}

Device ReadDevice(Object& json) {
  Device device;
  device.note = json.String("note");
  device.in_use = json.Flag("in_use").value_or(false);
  if (const Json* usb = json.Find("usb")) {
    Object object(*usb, json.where() + ".usb");
    device.usb = ReadUsb(object);
    json.Take(object);
  }
  for (const auto& [element, where] : json.List("hid", kMostParts)) {
    Object object(*element, where);
    device.hid.push_back(ReadHid(object));
    json.Take(object);
  }
  for (const auto& [element, where] : json.List("input", kMostParts)) {
    Object object(*element, where);
    device.input.push_back(ReadInput(object));
    json.Take(object);
  }
  return device;
}

void Put(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}
void Put(Json& json, const char* key, const std::optional<bool>& flag) {
  if (flag) json[key] = *flag;
}

Json UsbToJson(const UsbDevice& usb) {
  Json json = {{"name", usb.name},
               {"path", usb.path},
               {"vendor", Hex16(usb.vendor)},
               {"product", Hex16(usb.product)},
               {"version", Hex16(usb.version)},
               {"class", ToString(usb.code)}};
  Put(json, "manufacturer", usb.manufacturer);
  Put(json, "device_name", usb.product_name);
  Put(json, "serial", usb.serial);
  json["descriptors"] = ToHex(usb.descriptors);
  Put(json, "authorized", usb.authorized);
  json["interfaces"] = Json::array();
  for (const UsbInterface& interface : usb.interfaces) {
    Json one = {{"name", interface.name},
                {"number", interface.number},
                {"class", ToString(interface.code)}};
    Put(one, "authorized", interface.authorized);
    Put(one, "driver", interface.driver);
    json["interfaces"].push_back(std::move(one));
  }
  return json;
}

Json HidToJson(const HidDevice& hid) {
  Json json = {{"name", hid.name},
               {"path", hid.path},
               {"bus", Hex16(hid.bus)},
               {"vendor", Hex16(hid.vendor)},
               {"product", Hex16(hid.product)}};
  Put(json, "device_name", hid.device_name);
  Put(json, "phys", hid.phys);
  Put(json, "uniq", hid.uniq);
  Put(json, "driver", hid.driver);
  json["report_descriptor"] = ToHex(hid.report_descriptor);
  return json;
}

Json InputToJson(const InputNode& input) {
  Json json = {{"name", input.name}, {"path", input.path}, {"id", ToString(input.id)}};
  Put(json, "device_name", input.device_name);
  Put(json, "phys", input.phys);
  Put(json, "uniq", input.uniq);
  json["capabilities"] = Json::object();
  for (const auto& [name, field] : kCapabilityFields)
    Put(json["capabilities"], std::string(name).c_str(), input.capabilities.*field);
  Put(json, "inhibited", input.inhibited);
  json["handlers"] = input.handlers;
  return json;
}

}  // namespace

Json ToJson(const Device& device) {
  Json json = Json::object();
  Put(json, "note", device.note);
  if (device.in_use) json["in_use"] = true;
  if (device.usb) json["usb"] = UsbToJson(*device.usb);
  json["hid"] = Json::array();
  for (const HidDevice& hid : device.hid) json["hid"].push_back(HidToJson(hid));
  json["input"] = Json::array();
  for (const InputNode& input : device.input) json["input"].push_back(InputToJson(input));
  return json;
}

Json ToJson(const std::vector<Device>& devices) {
  Json json = {{"schema", 1}, {"devices", Json::array()}};
  for (const Device& device : devices) json["devices"].push_back(ToJson(device));
  return json;
}

std::string ToText(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::vector<Device>> ReadRecord(std::string_view text, const std::string& file) {
  if (text.size() > kMaxRecordBytes)
    return Fail("{}: a recording has at most {} bytes", file, kMaxRecordBytes);
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Fail("{}: this is not JSON", file);
  Object top(json, "recording");
  const Json* schema = top.Find("schema");
  if (schema == nullptr || *schema != 1) return Fail("{}: \"schema\" must be 1", file);
  std::vector<Device> devices;
  for (const auto& [element, where] : top.List("devices", kMostDevices)) {
    Object object(*element, where);
    devices.push_back(ReadDevice(object));
    top.Take(object);
  }
  if (!top.problem().empty()) return Fail("{}: {}", file, top.problem());
  if (devices.empty()) return Fail("{}: there is no device in it", file);
  return devices;
}

}  // namespace bf::lockdown::device
