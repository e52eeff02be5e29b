// Asio's TLS, compiled once (BOOST_ASIO_SEPARATE_COMPILATION). Asio's other code stands in src/store/asio_impl.cpp.
#include <boost/asio/ssl/impl/src.hpp>
