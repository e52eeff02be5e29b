// clang++ -fsanitize=fuzzer,address: see tests/fuzz/README.md.
#include "fuzz/sip_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    hotline::sip::fuzz::gate({reinterpret_cast<const char*>(data), size});
    return 0;
}
