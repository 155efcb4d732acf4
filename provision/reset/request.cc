// SPDX-License-Identifier: Apache-2.0
#include "provision/reset/request.h"

#include <nlohmann/json.hpp>

namespace bf::provision::reset {
namespace {

using Json = nlohmann::ordered_json;

Result<Json> Parse(std::string_view text, std::string_view what) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail("not a {}: no JSON object", what);
  const auto is = [&](const char* key, const Json& value) {
    const auto found = json.find(key);
    return found != json.end() && *found == value;
  };
  if (!is("schema", 1)) return Fail("not a {}: schema is not 1", what);
  if (!is("kind", what)) return Fail("not a {}: it does not say so", what);
  return json;
}

std::string Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string ToJson(const Request& request) {
  return Json{{"schema", 1}, {"kind", "factory-reset request"}, {"requested", request.requested}}
             .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

Result<Request> ParseRequest(std::string_view text) {
  BF_ASSIGN(const Json json, Parse(text, "factory-reset request"));
  return Request{Text(json, "requested")};
}

std::string ToJson(const Record& record) {
  return Json{{"schema", 1},
              {"kind", "factory-reset record"},
              {"requested", record.requested},
              {"finished", record.finished}}
             .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

Result<Record> ParseRecord(std::string_view text) {
  BF_ASSIGN(const Json json, Parse(text, "factory-reset record"));
  return Record{Text(json, "requested"), Text(json, "finished")};
}

}  // namespace bf::provision::reset
