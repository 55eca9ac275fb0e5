// SPDX-License-Identifier: Apache-2.0
#include <flowmark/dscp.h>
#include <gtest/gtest.h>

#include <array>

namespace flowmark::test {

namespace {

std::uint32_t header_sum(const std::array<std::uint8_t, 20> &ip)
{
	std::uint32_t sum = 0;
	for (std::size_t i = 0; i < ip.size(); i += 2)
		sum += static_cast<std::uint32_t>(ip[i]) << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

TEST(Dscp, v4_every_byte_to_every_codepoint_with_any_checksum)
{
	alignas(2) std::array<std::uint8_t, 20> ip{0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 17};
	for (unsigned salt = 0; salt < 65536; salt += 997)
		for (unsigned tos = 0; tos < 256; tos++)
			for (std::uint8_t dscp = 0; dscp < 64; dscp += 7) {
				ip[1] = static_cast<std::uint8_t>(tos);
				ip[4] = static_cast<std::uint8_t>(salt >> 8);
				ip[5] = static_cast<std::uint8_t>(salt);
				ip[10] = ip[11] = 0;
				const std::uint32_t check = ~header_sum(ip);
				ip[10] = static_cast<std::uint8_t>(check >> 8);
				ip[11] = static_cast<std::uint8_t>(check);
				ASSERT_EQ(fm_dscp_get4(ip.data()), tos >> 2);
				fm_dscp_set4(ip.data(), dscp);
				ASSERT_EQ(ip[1], dscp << 2 | (tos & 3));
				ASSERT_EQ(header_sum(ip), 0xffffU);
			}
}

TEST(Dscp, v6_keeps_version_ecn_and_flow_label)
{
	for (unsigned word = 0; word < 65536; word++)
		for (std::uint8_t dscp = 0; dscp < 64; dscp += 5) {
			std::array<std::uint8_t, 2> ip{static_cast<std::uint8_t>(word >> 8),
						       static_cast<std::uint8_t>(word)};
			ASSERT_EQ(fm_dscp_get6(ip.data()), word >> 6 & 0x3f);
			fm_dscp_set6(ip.data(), dscp);
			ASSERT_EQ(static_cast<unsigned>(ip[0] << 8 | ip[1]),
				  (word & 0xf03f) | static_cast<unsigned>(dscp) << 6);
		}
}

} // namespace

} // namespace flowmark::test
