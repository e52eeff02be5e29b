// Identities. An id is not a number: no arithmetic, and an id of one kind is never taken for another.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>

namespace hotline {

template <class Tag>
struct Id {
    std::uint64_t value = 0;  // 0 is "none"
    friend constexpr auto operator<=>(Id, Id) = default;
    explicit constexpr operator bool() const { return value != 0; }
};

/// Hands out ids that are never reused while the process lives. Not thread-safe: one owner, one thread.
template <class T>
class IdSource {
  public:
    explicit constexpr IdSource(std::uint64_t first = 1) : next_(first) {}
    constexpr T next() { return T{next_++}; }

  private:
    std::uint64_t next_;
};

}  // namespace hotline

template <class Tag>
struct std::hash<hotline::Id<Tag>> {
    std::size_t operator()(hotline::Id<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
