// What the world may do (a busy line, a bad SDP, a full disk) is a Result, not an exception.
#pragma once
#include <string>
#include <utility>
#include <variant>

namespace hotline {

enum class ErrorKind {
    Invalid,      // the input is wrong; the same input will fail again
    NotFound,     //
    Conflict,     // somebody else was first
    Full,         // a configured limit is reached
    Unavailable,  // the other side is away; later may succeed
    TimedOut,     //
    Io,           // the operating system refused; text carries errno's words
    Forbidden,
};

struct Error {
    ErrorKind kind;
    std::string text;  // for an operator: what happened and what to do
};

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const Error& error() const { return std::get<1>(state_); }

  private:
    std::variant<T, Error> state_;
};

/// A Result without a value.
struct Done {};
using Outcome = Result<Done>;

}  // namespace hotline
