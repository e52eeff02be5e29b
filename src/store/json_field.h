// Reads single fields out of the flat JSON objects that append_json() wrote. Not a general parser: what PostgreSQL needs it parses
// itself; only what must be known while it is away is read here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hotline::store {

/// The string field `name` of the top level, unescaped; none when absent, null or not a string, or when the JSON is broken.
std::optional<std::string> json_text(std::string_view object, std::string_view name);
std::optional<std::int64_t> json_integer(std::string_view object, std::string_view name);

}  // namespace hotline::store
