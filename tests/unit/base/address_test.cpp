#include "hotline/base/address.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace hotline {
namespace {

TEST(Address, ReadsAndWritesBothFamilies) {
    for (const char* text : {"127.0.0.1:5060", "[::1]:5060", "[2001:db8::10]:65535", "0.0.0.0:0"}) {
        const auto address = Address::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(to_text(*address), text);
        sockaddr_storage raw;
        address->to_sockaddr(raw);
        EXPECT_EQ(Address::from(reinterpret_cast<const sockaddr&>(raw)), *address);
    }
}

TEST(Address, RefusesWhatIsNoNumericAddress) {
    for (const char* text : {"", "localhost:1", "127.0.0.1", "1.2.3:4", "::1:5060", "[127.0.0.1]:5", "1.2.3.4:70000",
                             "1.2.3.4:", "[::1]", "1.2.3.4:5x"})
        EXPECT_FALSE(Address::parse(text)) << text;
}

TEST(IpAddress, MappedAddressIsTheIpv4Address) {
    EXPECT_EQ(IpAddress::parse("::ffff:10.0.0.1"), IpAddress::parse("10.0.0.1"));
    EXPECT_TRUE(IpAddress::parse("127.9.9.9")->is_loopback());
    EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
    EXPECT_FALSE(IpAddress::parse("::")->is_loopback());
    EXPECT_TRUE(IpAddress::parse("224.0.0.1")->is_multicast());
    EXPECT_TRUE(IpAddress::parse("ff02::1")->is_multicast());
    EXPECT_TRUE(IpAddress::parse("::")->is_any());
}

TEST(Network, ContainsByPrefix) {
    const auto net = Network::parse("127.0.0.0/8");
    ASSERT_TRUE(net);
    EXPECT_TRUE(net->contains(*IpAddress::parse("127.255.0.1")));
    EXPECT_FALSE(net->contains(*IpAddress::parse("128.0.0.1")));
    EXPECT_FALSE(net->contains(*IpAddress::parse("::1")));
    EXPECT_TRUE(Network::parse("2001:db8::/33")->contains(*IpAddress::parse("2001:db8:7fff::1")));
    EXPECT_FALSE(Network::parse("2001:db8::/33")->contains(*IpAddress::parse("2001:db8:8000::1")));
    EXPECT_TRUE(Network::parse("10.1.2.3")->contains(*IpAddress::parse("10.1.2.3")));
    EXPECT_FALSE(Network::parse("10.1.2.3")->contains(*IpAddress::parse("10.1.2.4")));
    EXPECT_TRUE(Network::parse("0.0.0.0/0")->contains(*IpAddress::parse("9.9.9.9")));
    for (const char* bad : {"10.0.0.0/33", "10.0.0.0/-1", "x/8", "::/129", "10.0.0.0/"}) EXPECT_FALSE(Network::parse(bad)) << bad;
}

}  // namespace
}  // namespace hotline
