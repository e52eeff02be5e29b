// A fact's body as JSON, written by visiting its fields(). Nothing here allocates beyond the growth of `out`.
#pragma once
#include <string>
#include <string_view>

#include "hotline/base/time.h"
#include "hotline/call/facts.h"

namespace hotline::store {

/// Appends one JSON object. Strings are always valid UTF-8 without NUL afterwards (what PostgreSQL's jsonb takes), whatever came
/// in; a number that JSON cannot say (NaN, infinity) becomes null; a Wall becomes ISO 8601 in UTC with microseconds.
void append_json(std::string& out, const call::FactBody& body);

/// Appends `text` as a JSON string with its quotes.
void append_json_text(std::string& out, std::string_view text);

/// "2024-05-01T08:00:00.000000Z".
std::string to_iso8601(Wall wall);

}  // namespace hotline::store
