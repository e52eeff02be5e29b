// libpq's handles, owned, and its values, typed. Nothing here waits.
#pragma once
#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/base/time.h"

namespace hotline::store {

struct PgConnectionDeleter {
    void operator()(PGconn* connection) const { ::PQfinish(connection); }
};
using PgConnection = std::unique_ptr<PGconn, PgConnectionDeleter>;

struct PgResultDeleter {
    void operator()(PGresult* result) const { ::PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgResultDeleter>;

/// Rows in text format.
class Rows {
  public:
    Rows() = default;
    explicit Rows(PgResult result) : result_(std::move(result)) {}
    int size() const { return result_ ? ::PQntuples(result_.get()) : 0; }
    int columns() const { return result_ ? ::PQnfields(result_.get()) : 0; }
    std::string column(int index) const { return ::PQfname(result_.get(), index); }
    bool is_null(int row, int column) const { return ::PQgetisnull(result_.get(), row, column) == 1; }
    std::string_view text(int row, int column) const {
        return {::PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(::PQgetlength(result_.get(), row, column))};
    }
    std::int64_t integer(int row, int column) const;  // 0 when it is none
    // Of a statement's description:
    int parameters() const { return result_ ? ::PQnparams(result_.get()) : 0; }
    Oid parameter_type(int index) const { return ::PQparamtype(result_.get(), index); }

  private:
    PgResult result_;
};

/// Why a statement brought no rows.
struct SqlError {
    enum class Kind {
        Lost,      // the connection is gone or its deadline passed: whether it was done is not known
        TimedOut,  // likewise, by our deadline
        Refused,   // the server says no to these values: the same values will be refused again
        Away,  // the server says no for a reason of its own (starting, stopping, full, locked, misconfigured): later may succeed
    } kind;
    std::string text;       // with SQLSTATE
    int position = 0;       // in the statement, in characters from 1; 0: the server names none
    std::string state{};    // SQLSTATE
    std::string message{};  // the server's words alone
};

/// What a failed result means. Class 22, 23, 54 and the like are about the values sent.
SqlError classify(const PGresult* result);
std::string trimmed_message(const char* message);
/// A text as a literal of SQL, for statements that take no parameters.
std::string quoted(const std::string& text);

/// Can timestamptz hold it? (From 4714 BC; its end lies beyond that of Wall.)
bool in_calendar(Wall at);

/// Parameters of one statement, in binary. A parameter's bytes are its own; arrays are filled one value at a time.
class Parameters {
  public:
    /// A one-dimensional array as array_recv() takes it.
    class Array {
      public:
        explicit Array(Oid element);
        void add(std::int64_t value);     // bigint
        void add(Wall at);                // timestamptz
        void add(std::string_view text);  // text, bytea
        void add_jsonb(std::string_view json);
        void add_null();
        std::string finish() &&;

      private:
        void add_length(std::int32_t length);
        std::string bytes_;
        std::int32_t count_ = 0;
        bool has_null_ = false;
    };

    void add(std::string bytes);  // text, bytea
    void add(Array array);
    void add(std::int64_t value);  // bigint

    int size() const { return static_cast<int>(values_.size()); }
    std::vector<const char*> pointers() const;
    std::vector<int> lengths() const;
    std::vector<int> formats() const { return std::vector<int>(values_.size(), 1); }

  private:
    std::vector<std::string> values_;
};

}  // namespace hotline::store
